"""The forecasts that were made, kept as they were made: recorded while a day is traded, stored, indexed, read as a frame."""
