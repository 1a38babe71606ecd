"""Dropout masks that derive from the step: banks of masks drawn once per fit, and the rows of a step."""

from collections.abc import Sequence

import numpy as np
import torch

from coin_models.training.fit.rng import CoinStreams, mask_offset
from coin_models.training.fit.tasks import CohortTask, CoinTask

_NUM_OFFSETS = 4096


class DropoutMasks:
    """A bank of masks (C, N, E) for each of some coins, 0 where a unit is dropped and 1 elsewhere, from its own stream."""

    def __init__(self, task: CohortTask, coins: Sequence[CoinTask], device: torch.device, dtype: torch.dtype) -> None:
        self._task = task
        self._banks_CNE = None if task.training.dropout == 0 else _banks(task, coins).to(device=device, dtype=dtype)

    def of_step(self, step: int, batch_size: int) -> list[torch.Tensor]:
        """One mask (C, B, E) per block, views of the banks; none without dropout."""
        if self._banks_CNE is None:
            return []
        seed, blocks = self._task.training.seed, range(self._task.architecture.num_blocks)
        offsets = [mask_offset(seed, step, block, _NUM_OFFSETS) for block in blocks]
        return [self._banks_CNE[:, offset : offset + batch_size] for offset in offsets]


def _banks(task: CohortTask, coins: Sequence[CoinTask]) -> torch.Tensor:
    training = task.training
    shape = (_NUM_OFFSETS + task.batch_size, task.architecture.width)
    banks = np.empty((len(coins), *shape), dtype=np.float32)
    for bank, coin in zip(banks, coins, strict=True):
        generator = CoinStreams(seed=training.seed, coin=coin.coin, day=task.day).generator("dropout")
        bank[...] = generator.random(shape, dtype=np.float32) >= training.dropout
    return torch.from_numpy(banks)
