"""Where candles come from, behind one interface: an exchange, a folder of files (parsed by `market/files`), the demo market."""
