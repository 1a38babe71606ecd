"""The plan: one pure function from facts to what is wanted of every coin-day. Nothing else decides."""
