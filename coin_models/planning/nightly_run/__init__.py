"""How long a run under interruptions takes and what it costs: closed form, dynamic programming, simulation. Pure mathematics."""
