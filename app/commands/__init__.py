"""What `ccc` does, by what it is about. Imports happen inside the functions, so that `--help` answers at once."""
