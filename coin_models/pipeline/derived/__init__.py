"""What follows from a day's models (trades and decisions, patterns, the report): which of it is stale, and making it
again.
"""
