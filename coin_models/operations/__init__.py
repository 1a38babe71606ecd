"""The records of work and their rules: requests, attempts, sessions, leases.

An attempt is one try at a coin-day; whether it is repeated is decided here, how often and after which pause by settings. A
session is one process at work; a lease says which process may publish a coin-day.
"""
