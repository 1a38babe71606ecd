"""The Trainer of a fit: one process, no files, no words."""

import logging
import os
from pathlib import Path

from pytorch_lightning import Callback

from coin_models.training.trainer import new_trainer, quiet_lightning
from coin_models_tests.training.forecasters import CPU

RANK_ZERO = "pytorch_lightning.utilities.rank_zero"


def test_what_a_launcher_sets_changes_no_argument(tmp_path: Path) -> None:
    os.environ |= {"PL_TRAINER_MAX_STEPS": "1", "PL_TRAINER_DEFAULT_ROOT_DIR": str(tmp_path), "LOCAL_RANK": "3"}

    with quiet_lightning():
        trainer = new_trainer(4, Callback(), CPU)

    assert (trainer.max_epochs, trainer.max_steps) == (4, -1)
    assert (trainer.world_size, trainer.local_rank) == (1, 0)
    assert os.environ["PL_TRAINER_MAX_STEPS"] == "1"


def test_a_trainer_writes_nothing_and_shows_nothing() -> None:
    with quiet_lightning():
        trainer = new_trainer(1, Callback(), CPU)

    assert trainer.loggers == []
    assert trainer.checkpoint_callbacks == []
    assert trainer.progress_bar_callback is None


def test_lightning_is_quiet_only_as_long_as_that_is_requested() -> None:
    logger = logging.getLogger(RANK_ZERO)
    before = logger.level
    with quiet_lightning():
        inside = logger.level

    assert inside == logging.WARNING
    assert logger.level == before
