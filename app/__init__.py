"""Top floor: assembles and runs everything."""
