"""The code that decides a model's weights: the fingerprint reads it, with features and the architecture, and nothing
else.
"""
