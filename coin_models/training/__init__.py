"""Training: the Lightning trainer with checkpoints around `training/fit`. The only package that imports torch and lightning."""
