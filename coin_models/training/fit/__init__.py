"""The code that decides a model's weights: network, data order, losses, steps. The fingerprint of a version reads it."""
