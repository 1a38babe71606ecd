"""The sensors, a module each: when one ticks, what it decides, what it says."""
