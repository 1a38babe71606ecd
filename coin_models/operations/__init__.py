"""The records of work and their rules: requests, attempts, sessions, leases.

When a failed attempt is tried again is decided here; a session is one process at work; a lease says which process may
publish a coin-day.
"""
