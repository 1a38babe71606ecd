"""What work is left, and who may do it: attempts, leases, sessions."""
