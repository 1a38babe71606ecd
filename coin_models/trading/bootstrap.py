"""Confidence intervals for figures of dependent days, by the moving-block bootstrap (Kuensch 1989)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from coin_models.trading.forecasts import Array

_MIN_VALUES: Final = 5  # fewer days than this resample to nonsense
_SEED: Final = 20_240_815  # fixed: the same rows give the same interval at any time


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A percentile interval."""

    low: float
    high: float
    level: float  # 0.9: the truth lies outside once in ten


def block_bootstrap(
    values: Array, statistic: Callable[[Array], Array], *, num_samples: int, level: float = 0.9
) -> Interval | None:
    """The interval of a statistic over resampled blocks; None with fewer than 5 values or no finite resample.

    Blocks have length round(n ** (1/3)), the rate of the asymptotically best one.

    Args:
        values: (n,) or (n, k), one row per day, in time order.
        statistic: maps (samples, n) or (samples, n, k) to (samples,); NaN where a resample has no answer.
    """
    n = len(values)
    if n < _MIN_VALUES:
        return None
    length = max(1, round(n ** (1 / 3)))
    starts = np.random.default_rng(_SEED).integers(0, n - length + 1, size=(num_samples, -(-n // length)))
    rows = (starts[:, :, None] + np.arange(length)).reshape(num_samples, -1)[:, :n]
    results = statistic(values[rows])
    results = results[np.isfinite(results)]
    if len(results) == 0:
        return None
    tail = (1 - level) / 2
    low, high = np.quantile(results, [tail, 1 - tail])
    return Interval(low=float(low), high=float(high), level=level)
