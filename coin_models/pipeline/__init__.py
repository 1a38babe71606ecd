"""A trading day's work, from candles to published versions, trades and reports. Assets and command line both call
it.
"""
