"""Interruption hazard, cost and planner: pure."""
