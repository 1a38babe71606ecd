"""What follows from a day's models (trades and decisions, patterns, the report): what of it is stale, and making it again."""
