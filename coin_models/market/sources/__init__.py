"""Where candles come from: an exchange, a folder of files, the demo market."""
