"""What a forecaster of the skill benchmark is given, and what it gives: quantiles of the log return over the horizon.

All of them see the same rows of the same feature tables.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from coin_models.features.splits import Split
from coin_models.features.table import FeatureTable, horizon_volatility
from coin_models.market.timeframe import parse_timeframe
from coin_models.settings.root import Settings

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CoinHistory:
    """One coin's table and targets: rows up to the end of the fitted day for fitting, later ones to be judged."""

    coin: str
    table: FeatureTable
    targets: NDArray[np.float32]
    """(T,) scaled by volatility, NaN where not known."""
    split: Split

    @property
    def fitted_rows(self) -> NDArray[np.int64]:
        """Train and validation rows."""
        return np.concatenate([self.split.train_index, self.split.validation_index])

    def log_returns(self, rows: NDArray[np.int64], horizon: int) -> Array:
        """What the return over the horizon turned out to be."""
        return self.targets[rows] * self.scale(rows, horizon)

    def scale(self, rows: NDArray[np.int64], horizon: int) -> Array:
        """The volatility of the return over the horizon, by which targets are divided."""
        return horizon_volatility(self.table, horizon)[rows]


class Forecaster(Protocol):
    """Something that is fitted day by day and forecasts the day after."""

    name: str
    seconds: dict[str, float]
    """Time spent fitting, by coin."""

    def fit(self, day: date, histories: Mapping[str, CoinHistory]) -> None:
        """Learns from the days up to `day`; may keep an older fit."""
        ...

    def forecast(self, history: CoinHistory, rows: NDArray[np.int64]) -> Array:
        """Quantiles (N, Q) of the log return."""
        ...


def horizon_of(settings: Settings) -> int:
    """Candles that the horizon spans."""
    return settings.training.horizon_candles(parse_timeframe(settings.timeframe).seconds)


def windows(x: NDArray[np.float32], rows: NDArray[np.int64], window: int) -> NDArray[np.float32]:
    """The rows' windows (N, window * F), flattened, oldest candle first."""
    flat: NDArray[np.float32] = x[rows[:, None] + np.arange(1 - window, 1)].reshape(len(rows), -1)
    return flat


def pinball(returns: Array, forecast: Array, quantiles: tuple[float, ...]) -> Array:
    """Pinball loss of each row, mean over the quantiles, (N,) (Koenker and Bassett 1978)."""
    levels = np.array(quantiles)
    error = returns[:, None] - forecast
    losses: Array = np.maximum(levels * error, (levels - 1) * error).mean(axis=1)
    return losses
