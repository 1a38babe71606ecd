"""Homes that an earlier version (3c04731, schema 0006) wrote: hourly candles of two coins, three days; SQLite and PostgreSQL."""
