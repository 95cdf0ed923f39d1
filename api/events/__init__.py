"""What happened: kept once, in order, in a chain for each space."""
