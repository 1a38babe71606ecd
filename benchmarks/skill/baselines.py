"""Forecasters that cost nothing: unconditional quantiles, and those scaled by a volatility."""

from collections.abc import Mapping
from datetime import date

import numpy as np
from numpy.typing import NDArray

from benchmarks.skill.forecaster import Array, CoinHistory, horizon_of, pinball
from coin_models.features.indicators import change_over, exponential_mean
from coin_models.features.table import FeatureTable
from coin_models.settings.root import Settings

EWMA_HALF_LIVES = (6, 12, 24, 48, 96, 288)
"""Candles; for each coin and fit the one with the lowest loss on the fitted days is taken."""


class Unconditional:
    """Quantiles of the past returns, whatever the market does now."""

    name = "unconditional"

    def __init__(self, settings: Settings) -> None:
        self._training, self._horizon = settings.training, horizon_of(settings)
        self._quantiles: dict[str, Array] = {}
        self.seconds: dict[str, float] = {}

    def fit(self, day: date, histories: Mapping[str, CoinHistory]) -> None:
        """Takes the quantiles of the fitted days."""
        for coin, history in histories.items():
            returns = history.log_returns(history.fitted_rows, self._horizon)
            self._quantiles[coin] = np.quantile(returns, self._training.quantiles)

    def forecast(self, history: CoinHistory, rows: NDArray[np.int64]) -> Array:
        """The same quantiles at every row."""
        return np.broadcast_to(self._quantiles[history.coin], (len(rows), len(self._training.quantiles)))


class EwmaVolatility:
    """Quantiles of past returns over an EWMA of squared candle returns (RiskMetrics), times the EWMA now."""

    name = "ewma"

    def __init__(self, settings: Settings) -> None:
        self._training, self._horizon = settings.training, horizon_of(settings)
        self._fits: dict[str, tuple[int, Array]] = {}
        self.seconds: dict[str, float] = {}

    def fit(self, day: date, histories: Mapping[str, CoinHistory]) -> None:
        """Chooses the half-life with the lowest loss on the fitted days."""
        for coin, history in histories.items():
            rows = history.fitted_rows
            returns = history.log_returns(rows, self._horizon)
            candidates = []
            for half_life in EWMA_HALF_LIVES:
                volatility = ewma_volatility(history.table, half_life)[rows]
                quantiles = np.quantile(returns / volatility, self._training.quantiles)
                loss = pinball(returns, volatility[:, None] * quantiles, self._training.quantiles).mean()
                candidates.append((loss, half_life, quantiles))
            _, half_life, quantiles = min(candidates, key=lambda candidate: candidate[0])
            self._fits[coin] = half_life, quantiles

    def forecast(self, history: CoinHistory, rows: NDArray[np.int64]) -> Array:
        """Quantiles that breathe with the volatility."""
        half_life, quantiles = self._fits[history.coin]
        return ewma_volatility(history.table, half_life)[rows, None] * quantiles


class ScaledUnconditional:
    """Unconditional quantiles of the scaled target: what the network says before it has learned anything."""

    name = "scaled"

    def __init__(self, settings: Settings) -> None:
        self._training, self._horizon = settings.training, horizon_of(settings)
        self._quantiles: dict[str, Array] = {}
        self.seconds: dict[str, float] = {}

    def fit(self, day: date, histories: Mapping[str, CoinHistory]) -> None:
        """Takes the quantiles of the scaled targets of the fitted days."""
        for coin, history in histories.items():
            self._quantiles[coin] = np.quantile(history.targets[history.fitted_rows], self._training.quantiles)

    def forecast(self, history: CoinHistory, rows: NDArray[np.int64]) -> Array:
        """The scaled quantiles times the volatility of the features."""
        return history.scale(rows, self._horizon)[:, None] * self._quantiles[history.coin]


def ewma_volatility(table: FeatureTable, half_life: int) -> Array:
    """Root of the exponentially weighted mean of squared candle returns, (T,)."""
    squared = np.square(change_over(np.log(table.close), 1))
    return np.sqrt(np.maximum(exponential_mean(squared, half_life), 1e-12))
