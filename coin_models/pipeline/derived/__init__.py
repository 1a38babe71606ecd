"""What follows from a day's models (shadow trades, champion decisions, patterns, report): what of it is stale, and making it."""
