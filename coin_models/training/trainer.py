"""The Lightning Trainer of a fit, reduced to its loops and without output."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from lightning_fabric.plugins.environments.lightning import LightningEnvironment
from pytorch_lightning import Callback, Trainer

from coin_models.training.fit.loop import loop_arguments
from coin_models.training.launchers import without_foreign_variables

_CHATTY = ("pytorch_lightning.utilities.rank_zero", "lightning_fabric.utilities.rank_zero")


class OneProcess(LightningEnvironment):
    """One process by design, whatever a launcher says of ranks and nodes."""

    @property
    def creates_processes_externally(self) -> bool:
        """No other program starts processes of this fit."""
        return False

    def local_rank(self) -> int:
        """The only process of this machine."""
        return 0

    def node_rank(self) -> int:
        """The only machine."""
        return 0

    def teardown(self) -> None:
        """Leaves the environment's variables to their owners."""


def new_trainer(num_epochs: int, callback: Callback, device: torch.device) -> Trainer:
    """A Trainer without everything that costs time per step or writes files.

    `PL_TRAINER_*` would change any argument that is not given here, so it is hidden.
    """
    with without_foreign_variables():
        return Trainer(
            accelerator="gpu" if device.type == "cuda" else "cpu",
            devices=1,
            plugins=[OneProcess()],
            callbacks=[callback],
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            **loop_arguments(num_epochs),
        )


@contextmanager
def quiet_lightning() -> Iterator[None]:
    """Keeps Lightning from saying, once per cohort, which device it found and that it stopped as asked."""
    levels = {name: logging.getLogger(name).level for name in _CHATTY}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*LeafSpec.* is deprecated")  # Lightning 2.6 on torch 2.13
        for name in _CHATTY:
            logging.getLogger(name).setLevel(logging.WARNING)
        try:
            yield
        finally:
            for name, level in levels.items():
                logging.getLogger(name).setLevel(level)
