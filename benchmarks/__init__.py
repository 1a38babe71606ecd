"""Measurements that are too long for tests: run one with `python -m benchmarks.<name> --help`."""
