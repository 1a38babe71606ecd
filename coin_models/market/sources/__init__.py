"""The candle sources: an exchange, a folder of files, the demo market."""
