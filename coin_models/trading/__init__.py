"""Shadow trades and what they teach: performance, champions, patterns. Nothing here sends an order."""
