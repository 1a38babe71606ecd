"""Confidence intervals for figures of dependent days, by the moving-block bootstrap (Kuensch 1989).

Resampled blocks of a few days vary too little: percentiles at 90 % covered 65 to 74 % at 5 days and 76 to 82 % at 10. Their
distances from the figure are therefore stretched by the ratio of Student's to the normal quantile, by sqrt(n / (n - length)) for
the blocks, and by 1.3 for days that follow each other: from 10 days on they cover in 86 to 96 %.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, isfinite, sqrt
from typing import Final

import numpy as np

from coin_models.trading.forecasts import Array

_MIN_VALUES: Final = 10  # with fewer days no stretching gives the coverage that the level says
_WIDER: Final = 1.3  # for an autocorrelation of up to about 0.15
_SEED: Final = 20_240_815  # fixed: the same rows give the same interval at any time


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """An interval."""

    low: float
    high: float
    level: float  # 0.9: the truth lies outside once in ten


def block_bootstrap(
    values: Array,
    statistic: Callable[[Array], Array],
    *,
    num_samples: int,
    level: float = 0.9,
    within: tuple[float, float] = (-inf, inf),
) -> Interval | None:
    """The interval of a statistic over resampled blocks; None with fewer than 10 values or no finite resample.

    Blocks have length round(n ** (1/3)), the rate of the asymptotically best one.

    Args:
        values: (n,) or (n, k), one row per day, in time order.
        statistic: maps (samples, n) or (samples, n, k) to (samples,); NaN where a resample has no answer.
        within: what the figure can be, such as 0 to 1 for a share.
    """
    n = len(values)
    if n < _MIN_VALUES:
        return None
    length = max(1, round(n ** (1 / 3)))
    starts = np.random.default_rng(_SEED).integers(0, n - length + 1, size=(num_samples, -(-n // length)))
    rows = (starts[:, :, None] + np.arange(length)).reshape(num_samples, -1)[:, :n]
    results = statistic(values[rows])
    results = results[np.isfinite(results)]
    figure = float(statistic(values[None])[0])
    if len(results) == 0 or not isfinite(figure):
        return None
    tail = (1 - level) / 2
    ends = figure + _stretch(n, length, tail) * (np.quantile(results, [tail, 1 - tail]) - figure)
    low, high = np.clip(ends, *within)
    return Interval(low=float(low), high=float(high), level=level)


def _stretch(n: int, length: int, tail: float) -> float:
    from scipy import stats  # 0.4 s that loading the definitions need not pay

    return float(_WIDER * stats.t.isf(tail, n - 1) / stats.norm.isf(tail) * sqrt(n / (n - length)))
