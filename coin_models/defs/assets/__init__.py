"""The assets: candles, model and shadow trades of each coin and day; pattern library and report of each day."""
