"""Candles: the values, their sources, their quality and eligibility."""
