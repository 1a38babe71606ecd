"""The command line: thin, the same functions that the assets call."""
