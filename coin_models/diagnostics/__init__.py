"""The doctor: checks everything that a run needs, and gives advice."""
