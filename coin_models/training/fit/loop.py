"""The Trainer arguments that decide a fit: the number of epochs, one order of samples per epoch, no other validation.

Arguments that only affect speed or files are in training/trainer.py.
"""

from typing import Any


def loop_arguments(num_epochs: int) -> dict[str, Any]:
    """The arguments for this number of epochs, each with data loaders of its own and followed by one validation."""
    return {"max_epochs": num_epochs, "reload_dataloaders_every_n_epochs": 1, "num_sanity_val_steps": 0}
