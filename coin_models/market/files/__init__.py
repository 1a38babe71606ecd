"""Candle files as people have them: their names, their formats, their rows, and what a folder of them holds."""
