"""The pattern library: recurring shapes of price, what followed them, and which of them match today."""
