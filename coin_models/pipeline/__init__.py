"""A trading day's work, from candles to published versions and beyond: what the assets and the command line both call."""
