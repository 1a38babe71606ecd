"""Checkpoints: training state to resume from, by manifest, the manifest last."""
