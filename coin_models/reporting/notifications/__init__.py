"""Notifications: written once per event, delivered at least once, and never blocking training."""
