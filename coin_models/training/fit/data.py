# ruff: noqa: N803, N815 - tensor shapes are suffixes
"""A cohort's data on the device: every coin's scaled features once, windows gathered from them by index.

On a contiguous table (T, F) the flattened windows are a strided view of overlapping rows, so a batch is one
`index_select`, and no window is stored. There are no worker processes.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
import torch
from numpy.typing import NDArray

from coin_models.features.scaling import FeatureScaling, fit_scaling
from coin_models.training.fit.network import Scratch
from coin_models.training.fit.rng import CoinStreams
from coin_models.training.fit.tasks import CohortTask

TARGET_LIMIT = 6.0  # training targets are clipped to +- this many volatilities; judged unclipped


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Samples of every coin; `weight_CB` is 0 where a coin has no more."""

    x_CBI: torch.Tensor
    y_CB: torch.Tensor
    weight_CB: torch.Tensor


class CohortData:
    """Features and targets of a cohort on one device."""

    def __init__(self, task: CohortTask, device: torch.device) -> None:
        self._task = task
        self._window = task.architecture.window
        self.scalings: list[FeatureScaling] = [
            fit_scaling(coin.features.x, coin.split.train_index) for coin in task.coins
        ]
        self._streams = [CoinStreams(seed=task.training.seed, coin=coin.coin, day=task.day) for coin in task.coins]
        self._length = max(len(coin.features) for coin in task.coins)
        num_coins, num_features = len(task.coins), task.architecture.num_features
        rows = np.zeros((num_coins, self._length, num_features), dtype=np.float32)
        targets = np.zeros((num_coins, self._length), dtype=np.float32)
        for c, coin in enumerate(task.coins):
            rows[c, : len(coin.features)] = self.scalings[c].apply(coin.features.x)
            targets[c, : len(coin.targets)] = np.nan_to_num(coin.targets)
        rows_NF = torch.from_numpy(rows).to(device).flatten(0, 1)
        num_windows = len(rows_NF) - self._window + 1
        self._windows_NI = rows_NF.as_strided((num_windows, task.architecture.num_inputs), (num_features, 1))
        self._targets_N = torch.from_numpy(targets).to(device).flatten()[self._window - 1 :]
        counts = [len(coin.split.validation_index) for coin in task.coins]
        self.num_validation_C = torch.tensor(counts, dtype=torch.float32, device=device)
        self._device = device

    def epoch_order(self, epoch: int) -> torch.Tensor:
        """Window numbers (S, C, B) of an epoch, from 0, for `batch_at`: each coin in its own random order."""
        steps, batch_size = self._task.steps_per_epoch, self._task.batch_size
        order_CSB = np.stack(
            [
                self._window_numbers(
                    c, _cycled(coin.split.train_index, steps * batch_size, streams.generator("order", epoch))
                )
                for c, (coin, streams) in enumerate(zip(self._task.coins, self._streams, strict=True))
            ]
        )
        order_SCB = order_CSB.reshape(len(order_CSB), steps, batch_size).swapaxes(0, 1)
        return torch.from_numpy(np.ascontiguousarray(order_SCB)).to(self._device)

    def batch_at(self, order_CB: torch.Tensor, scratch: Scratch) -> tuple[torch.Tensor, torch.Tensor]:
        """The windows x_CBI and clipped targets y_CB of some coins' step; x_CBI lives in `scratch` until the next call.

        Several MB allocated again for each batch would cost more in page faults than the copy itself.
        """
        order_N = order_CB.flatten()
        x_NI = scratch.like("windows", (len(order_N), self._windows_NI.shape[1]), self._windows_NI)
        torch.index_select(self._windows_NI, 0, order_N, out=x_NI)
        y_CB = torch.index_select(self._targets_N, 0, order_N).view(order_CB.shape)
        return x_NI.view(*order_CB.shape, -1), y_CB.clamp_(-TARGET_LIMIT, TARGET_LIMIT)

    def validation_batches(self) -> Iterator[Batch]:
        """All validation samples, in order, several batches' worth at a time; targets are not clipped."""
        size = 4 * self._task.batch_size
        longest = max(len(coin.split.validation_index) for coin in self._task.coins)
        for number in range(ceil(longest / size)):
            yield self._padded(
                [coin.split.validation_index[number * size : (number + 1) * size] for coin in self._task.coins]
            )

    def _padded(self, indices: Sequence[NDArray[np.int64]]) -> Batch:
        longest = max(map(len, indices))
        numbers = np.full((len(indices), longest), 0, dtype=np.int64)
        weights = np.zeros((len(indices), longest), dtype=np.float32)
        for c, index in enumerate(indices):
            numbers[c, : len(index)] = self._window_numbers(c, index)
            weights[c, : len(index)] = 1.0
        order = torch.from_numpy(numbers.reshape(-1)).to(self._device)
        return Batch(
            x_CBI=torch.index_select(self._windows_NI, 0, order).view(*numbers.shape, -1),
            y_CB=torch.index_select(self._targets_N, 0, order).view(*numbers.shape),
            weight_CB=torch.from_numpy(weights).to(self._device),
        )

    def _window_numbers(self, coin: int, index: NDArray[np.int64]) -> NDArray[np.int64]:
        """The number of the window that ends at each row of the coin's table."""
        if len(index) and index.min() < self._window - 1:
            raise ValueError(
                f"{self._task.coins[coin].coin}: a sample before row {self._window - 1} has no whole window"
            )
        return np.asarray(index + (coin * self._length - self._window + 1), dtype=np.int64)


def _cycled(index: NDArray[np.int64], count: int, generator: np.random.Generator) -> NDArray[np.int64]:
    """`count` samples: whole permutations of `index`, one after the other, the last one cut short."""
    rounds = ceil(count / len(index))
    return np.concatenate([generator.permutation(index) for _ in range(rounds)])[:count]
