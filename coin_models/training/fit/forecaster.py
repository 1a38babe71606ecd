"""The cohort's forecaster as a LightningModule: steps and validations of all its shards, and the state between them.

Belongs here: what belongs to the cohort as a whole: epochs, schedule, the best epoch of each coin, threads. Not here: the
arithmetic of a step (shard.py), when to save or stop (callbacks.py), where samples come from (data.py).

On a CPU the coins are dealt out to threads, one shard each, and every kernel runs in one thread. Kernels that each spread
over all cores would wait for one another a hundred times per step: on a busy machine that is 20 times slower (ADR 0024).
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TypeVar

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


class CohortForecaster(LightningModule):
    """Trains every coin of a cohort at once; no coin's numbers ever meet another's."""

    def __init__(self, task: CohortTask, data: CohortData, state: FitState, num_threads: int = 1) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.task = task
        self.state = state
        self._data = data
        num_coins = len(task.coins)
        num_shards = 1 if state.decayed.device.type == "cuda" else min(num_threads, num_coins)
        bounds = [num_coins * number // num_shards for number in range(num_shards + 1)]
        self._shards = [CoinShard(task, data, state, *bound) for bound in pairwise(bounds)]
        self._pool = ThreadPoolExecutor(num_shards, thread_name_prefix="coins", initializer=_one_thread)
        self._validation_losses: list[torch.Tensor] = []

    def close(self) -> None:
        """Ends the threads."""
        self._pool.shutdown()

    def configure_optimizers(self) -> list[torch.optim.Optimizer]:
        """One per shard."""
        return [shard.optimizer for shard in self._shards]

    def training_step(self, batch: torch.Tensor, batch_idx: int) -> None:
        """One step of every coin on the windows that `batch` (C, B) names."""
        state = self.state
        rate = learning_rate(state.step, self.task.num_steps, self.task.peak_learning_rate)
        self._each(lambda shard: shard.step(batch, state.step, rate))
        state.step += 1

    def validation_step(self, batch: Batch, batch_idx: int) -> None:
        """Adds a batch to the validation loss."""
        self._validation_losses.append(torch.cat(self._each(lambda shard: shard.validation_loss(batch))))

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

    def validate_parent(self) -> None:
        """Makes the parent itself a candidate for the best epoch, number 0."""
        for number, batch in enumerate(self._data.validation_batches()):
            self.validation_step(batch, number)
        self.on_validation_epoch_end()

    def best_quantiles(self, batch: Batch) -> torch.Tensor:
        """Quantiles (C, Q, B) that each coin's best epoch forecasts."""
        return torch.cat(self._each(lambda shard: shard.best_quantiles(batch)))

    def best_weights(self, coin: int) -> dict[str, np.ndarray]:
        """The parameters of a coin's best epoch."""
        layout = ParameterLayout(self.task.architecture.parameter_shapes())
        return layout.unpack(self.state.best_decayed, self.state.best_plain, coin)

    def _each(self, work: Callable[[CoinShard], _T]) -> list[_T]:
        """The work done on every shard, in order: the first here, the others in their threads."""
        others = [self._pool.submit(work, shard) for shard in self._shards[1:]]
        first = work(self._shards[0])
        return [first, *(other.result() for other in others)]


def _one_thread() -> None:
    torch.set_num_threads(1)
