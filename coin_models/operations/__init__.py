"""What is requested and tried, and who may publish: requests, attempts, leases, sessions."""
