"""A nightly run under interruptions: how it may go, in closed form, by dynamic programming and by simulation. Pure."""
