"""Ground floor: rows and rules."""
