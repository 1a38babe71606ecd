"""Parses candle files as people have them: their names, their formats, their rows."""
