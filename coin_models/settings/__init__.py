"""The settings: the only part that reads the environment."""
