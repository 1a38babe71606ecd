"""Notices that this machine is about to be stopped: signals, metadata services, a file."""
