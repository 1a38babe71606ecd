"""The threads of a fit, one per shard of coins.

On a CPU every kernel runs in one thread: kernels that each use all cores would wait for one another a hundred times per
step, on a busy machine 20 times slower (ADR 0024). The number of threads decides no weight.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import torch

_S = TypeVar("_S")
_T = TypeVar("_T")


class ShardPool:
    """The first shard is worked on in the calling thread, each of the others in its own."""

    def __init__(self, num_shards: int) -> None:
        self.num_shards = num_shards
        self._pool = ThreadPoolExecutor(num_shards, thread_name_prefix="coins", initializer=_one_thread)

    def __call__(self, work: Callable[[_S], _T], shards: Sequence[_S]) -> list[_T]:
        """The results of the work on every shard, in order."""
        others = [self._pool.submit(work, shard) for shard in shards[1:]]
        first = work(shards[0])
        return [first, *(other.result() for other in others)]

    def close(self) -> None:
        """Ends the threads."""
        self._pool.shutdown()


def _one_thread() -> None:
    torch.set_num_threads(1)
