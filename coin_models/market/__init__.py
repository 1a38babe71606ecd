"""Candles: what they are, where they come from, whether they are sound."""
