"""Benchmarks of the fit: throughput against the peak of this machine, and against plain Lightning with one model per coin."""
