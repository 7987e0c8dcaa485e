"""OAuth: the tokens that get in, and who they speak for."""
