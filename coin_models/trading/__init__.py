"""Shadow trading: trades that a model would have made, their performance, the rules of promotion. Nothing here sends an order."""
