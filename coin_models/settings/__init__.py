"""Settings: the only part that reads the environment."""
