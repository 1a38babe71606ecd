"""The plan: a pure function from facts to the action for every coin-day. Nothing else decides."""
