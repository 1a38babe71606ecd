"""The pattern library: recurring shapes of price, what followed them, and which of them are near today."""
