"""Retention: what is old enough to be removed from database and store, and its removal."""
