"""Messages to people: written once per event, delivered at least once, never in the way of training."""
