"""A cohort's forecaster on the CPU, its shards one after the other in the caller's thread."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch

from coin_models.training.fit.data import CohortData
from coin_models.training.fit.forecaster import CohortForecaster
from coin_models.training.fit.init_weights import fresh_state
from coin_models.training.fit.shard import CoinShard
from coin_models.training.fit.tasks import CohortTask

CPU = torch.device("cpu")
_T = TypeVar("_T")


@dataclass(frozen=True)
class InOneThread:
    """Works on the shards in their order."""

    num_shards: int = 1

    def __call__(self, work: Callable[[CoinShard], _T], shards: Sequence[CoinShard]) -> list[_T]:
        return [work(shard) for shard in shards]


def fresh_forecaster(task: CohortTask, num_shards: int = 1) -> CohortForecaster:
    """The forecaster of a cohort before its first step."""
    return CohortForecaster(task, CohortData(task, CPU), fresh_state(task, CPU), InOneThread(num_shards))
