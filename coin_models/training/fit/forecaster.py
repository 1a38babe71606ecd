"""The cohort's forecaster as a LightningModule: steps and validations of all its shards, and the state between them.

Epochs, schedule and the best epoch of each coin belong to the whole cohort. The arithmetic of a step is in shard.py.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Protocol, TypeVar

import numpy as np
import torch
from pytorch_lightning import LightningModule

from coin_models.training.fit.data import Batch, CohortData
from coin_models.training.fit.layout import ParameterLayout
from coin_models.training.fit.schedule import learning_rate
from coin_models.training.fit.shard import CoinShard
from coin_models.training.fit.state import FitState
from coin_models.training.fit.tasks import CohortTask

_T = TypeVar("_T")


class ShardMap(Protocol):
    """Works on a fixed number of shards, in whatever threads."""

    num_shards: int

    def __call__(self, work: Callable[[CoinShard], _T], shards: Sequence[CoinShard]) -> list[_T]:
        """The results of the work on every shard, in order."""


class CohortForecaster(LightningModule):
    """Trains every coin of a cohort at once; no coin's numbers ever meet another's."""

    def __init__(self, task: CohortTask, data: CohortData, state: FitState, shard_map: ShardMap) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.task = task
        self.state = state
        self._data, self._map = data, shard_map
        bounds = [len(task.coins) * number // shard_map.num_shards for number in range(shard_map.num_shards + 1)]
        self._shards = [CoinShard(task, data, state, *bound) for bound in pairwise(bounds)]
        self._validation_losses: list[torch.Tensor] = []

    def begin(self) -> int:
        """Makes the parent a candidate for the best epoch, number 0, before the first step; returns the epochs left."""
        if self.state.step == 0 and self.task.is_incremental:
            for number, batch in enumerate(self._data.validation_batches()):
                self.validation_step(batch, number)
            self.on_validation_epoch_end()
        return self.task.num_epochs - self.state.step // self.task.steps_per_epoch

    def configure_optimizers(self) -> list[torch.optim.Optimizer]:
        """One per shard."""
        return [shard.optimizer for shard in self._shards]

    def training_step(self, batch: torch.Tensor, batch_idx: int) -> None:
        """One step of every coin on the windows that `batch` (C, B) names."""
        state = self.state
        rate = learning_rate(state.step, self.task.num_steps, self.task.peak_learning_rate)
        self._map(lambda shard: shard.step(batch, state.step, rate), self._shards)
        state.step += 1

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Adds a batch to the validation loss."""
        losses = self._map(lambda shard: shard.validation_loss(batch), self._shards)
        self._validation_losses.append(torch.cat(losses))

    def on_validation_epoch_end(self) -> None:
        """Closes the epoch: both losses into the curves, the weights into the best where they are better."""
        state = self.state
        loss_C = torch.stack(self._validation_losses).sum(0) / self._data.num_validation_C
        self._validation_losses.clear()
        epoch = state.step // self.task.steps_per_epoch  # epochs done
        if epoch > 0:
            state.train_curve[epoch - 1] = state.epoch_loss / self.task.steps_per_epoch
            state.validation_curve[epoch - 1] = loss_C
            state.epoch_loss.zero_()
        state.keep_best(loss_C, epoch)

    def best_weights(self, coin: int) -> dict[str, np.ndarray]:
        """The parameters of a coin's best epoch."""
        layout = ParameterLayout(self.task.architecture.parameter_shapes())
        return layout.unpack(self.state.best_decayed, self.state.best_plain, coin)
