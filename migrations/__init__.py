"""The shape of the database, one change at a time."""
