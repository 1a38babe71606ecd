"""Benchmarks of the fit, relative to the machine and to plain per-coin Lightning."""
