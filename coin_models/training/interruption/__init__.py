"""Preemption notices of this machine: signals, metadata services, a file."""
