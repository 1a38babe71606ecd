"""Input drift: the population stability index (PSI) of the last week's inputs against the days before.

Per input, the deciles of the days before are counted again in the last week: PSI = sum over bins (q - p) ln(q / p). By
the convention of credit scoring, where it comes from (Siddiqi, Credit Risk Scorecards, 2006), below 0.1 nothing has
changed, from 0.25 on the population is another one. That holds for many and nearly independent samples. Hence a whole
week (it contains each weekday once), and only inputs with a memory below an hour: a mean over three days has an index
of 0.25 in every other normal week, and on a single day even the fast ones have.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from coin_models.features.table import FeatureTable, fast_feature_names, feature_names
from coin_models.market.timeframe import Timeframe, day_start_ms
from coin_models.trading.forecasts import Array

_RECENT_DAYS: Final = 7
_NUM_BINS: Final = 10
_MIN_ROWS: Final = 200  # on either side: below it the index measures chance
_STRIDE: Final = 4  # every fourth row of the past has the same deciles, in a third of the time (3 ms a coin)
_FLOOR: Final = 1e-4  # of a share: an empty bin is rare, not impossible


@dataclass(frozen=True, slots=True, kw_only=True)
class InputDrift:
    """The input that changed most, and by how much."""

    feature: str
    index: float  # population stability index

    @classmethod
    def of(cls, table: FeatureTable, day: date, timeframe: Timeframe) -> "InputDrift | None":
        """The week that ends with `day` against all days of the table before it; None with too few candles of either.

        A week of candles of an hour is too few.

        Args:
            table: features up to the end of `day`, and back over the training window.
        """
        watched, names = fast_feature_names(timeframe), feature_names(timeframe)
        columns = [names.index(name) for name in watched]
        opened = table.open_time_ms
        week = np.searchsorted(opened, day_start_ms(day - timedelta(days=_RECENT_DAYS - 1)))
        end = np.searchsorted(opened, day_start_ms(day + timedelta(days=1)))
        real = table.usable & table.real
        before, recent = np.flatnonzero(real[:week])[::_STRIDE], week + np.flatnonzero(real[week:end])
        if min(len(before), len(recent)) < _MIN_ROWS:
            return None
        x = table.x[:, columns].astype(np.float64)
        indices = population_stability(x[before], x[recent])
        worst = int(indices.argmax())
        return cls(feature=watched[worst], index=float(indices[worst]))


def population_stability(reference: Array, recent: Array, num_bins: int = _NUM_BINS) -> Array:
    """The index of each column, (F,), with the quantiles of the reference as edges of the bins.

    Args:
        reference: (N, F) values.
        recent: (M, F) values.
    """
    edges = np.quantile(reference, np.linspace(0, 1, num_bins + 1)[1:-1], axis=0)
    return np.array(
        [
            _index(_shares(reference[:, k], edges[:, k]), _shares(recent[:, k], edges[:, k]))
            for k in range(reference.shape[1])
        ]
    )


def _shares(values: Array, edges: Array) -> Array:
    counts = np.bincount(np.searchsorted(edges, values), minlength=len(edges) + 1)
    return np.maximum(counts / len(values), _FLOOR)


def _index(before: Array, now: Array) -> float:
    return float(((now - before) * np.log(now / before)).sum())
