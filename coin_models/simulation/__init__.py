"""The simulator: the real code of nights, many processes in one, on a simulated clock, with faults drawn from a seed."""
