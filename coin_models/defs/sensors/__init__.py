"""The sensors, one module each: when a sensor ticks, what it decides, what it reports."""
