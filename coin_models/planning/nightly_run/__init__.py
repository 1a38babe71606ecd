"""The mathematics of a nightly run under interruptions: closed form, dynamic programming, simulation. Nothing runs here."""
