"""How long a run takes and costs when it is interrupted at a given hazard: closed form, dynamic programming, simulation. Pure."""
