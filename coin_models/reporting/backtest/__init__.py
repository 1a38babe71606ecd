"""The walk-forward of a range of days, as a value and as a page."""
