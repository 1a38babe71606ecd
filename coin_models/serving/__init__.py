"""Forecasts over HTTP (`coin-models serve`), and what every server of ours has: its guard and its address."""
