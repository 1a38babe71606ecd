"""Shadow trades, their performance, patterns."""
