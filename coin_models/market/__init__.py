"""Candles: the values, their quality, and the rules of eligibility by which a coin is trained or skipped on a day."""
