"""What decides a model's weights: the only code, with features and the architecture, that the fingerprint reads."""
