"""A real PostgreSQL, S3 server and Redis on this machine, from wheels: for `coin-models stack`, development and tests."""
