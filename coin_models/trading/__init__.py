"""Shadow trading: trades, performance, champions, patterns. Nothing here sends an order."""
