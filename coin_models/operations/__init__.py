"""The records of work and their rules: requests, attempts, sessions, leases.

An attempt is one try at a coin-day; how often and after which pause it is repeated is a rule of this room. A session is one
process at work; a lease says which process may publish a coin-day.
"""
