"""Features, targets, windows and splits: pure and causal."""
