# ruff: noqa: N803 - tensor shapes are suffixes
"""Lightning's iterables: the remaining steps of an epoch, and the validation batches."""

from collections.abc import Iterator
from typing import Any

import torch
from pytorch_lightning import LightningDataModule

from coin_models.training.fit.data import Batch, CohortData
from coin_models.training.fit.state import FitState
from coin_models.training.fit.tasks import CohortTask


class EpochLoaders(LightningDataModule):
    """Asked at the start of each epoch; the state's step says which epoch it is and where in it to begin."""

    def __init__(self, task: CohortTask, data: CohortData, state: FitState) -> None:
        super().__init__()
        self._task, self._data, self._state = task, data, state

    def train_dataloader(self) -> "RemainingSteps":
        """The steps of the current epoch from the state's step on."""
        epoch, done = divmod(self._state.step, self._task.steps_per_epoch)
        return RemainingSteps(self._data.epoch_order(epoch)[done:])

    def val_dataloader(self) -> "ValidationBatches":
        """All validation batches."""
        return ValidationBatches(self._data)

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        """Nothing to transfer: the data is on the device already."""
        return batch


class RemainingSteps:
    """Yields the window numbers (C, B) of each step."""

    def __init__(self, order_SCB: torch.Tensor) -> None:
        self._order_SCB = order_SCB

    def __len__(self) -> int:
        return len(self._order_SCB)

    def __iter__(self) -> Iterator[torch.Tensor]:
        return iter(self._order_SCB.unbind(0))


class ValidationBatches:
    """Yields the validation batches, made once."""

    def __init__(self, data: CohortData) -> None:
        self._batches = list(data.validation_batches())

    def __len__(self) -> int:
        return len(self._batches)

    def __iter__(self) -> Iterator[Batch]:
        return iter(self._batches)
