"""Checkpoints: training state to resume from. The manifest is written last."""
