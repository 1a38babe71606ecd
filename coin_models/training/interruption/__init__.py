"""Notice that this machine is going away: signals, metadata services, a file."""
