"""A real PostgreSQL and a real S3 server on this machine, for development and tests."""
