"""The settings: every number that a person may change, with its default. The only part that reads the environment."""
