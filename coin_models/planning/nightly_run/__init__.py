"""A nightly run under interruptions: its distribution in closed form, by dynamic programming and by simulation.
Pure.
"""
