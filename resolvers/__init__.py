"""What can be asked: who may see which rows, and the SQL."""
