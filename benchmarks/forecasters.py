"""The forecasters of the skill benchmark: the production models and three baselines, behind one small protocol.

All of them see the same rows of the same feature tables, and all forecast quantiles of the log return over the horizon.
"""

import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

import lightgbm
import numpy as np
from numpy.typing import NDArray

from coin_models.features.indicators import change_over, exponential_mean
from coin_models.features.splits import Split
from coin_models.features.table import FeatureTable, horizon_volatility
from coin_models.market.timeframe import parse_timeframe
from coin_models.pipeline.plan.calendar import parent_day
from coin_models.pipeline.plan.recipe import architecture_of
from coin_models.registry.architecture import Architecture
from coin_models.registry.members import network_quantiles, scaled_quantiles
from coin_models.registry.reference import Reference
from coin_models.settings.root import Settings
from coin_models.storage.memory import MemoryStore
from coin_models.training.checkpoints.chain import open_chain
from coin_models.training.fit.tasks import CohortTask, CoinTask
from coin_models.training.interruption.preemption import PreemptionMonitor
from coin_models.training.results import CohortResult, FittedCoin
from coin_models.training.run_fit import fit_cohort

Array = NDArray[np.float64]

EWMA_HALF_LIVES = (6, 12, 24, 48, 96, 288)
"""Candles; for each coin and fit the one with the lowest loss on the fitted days is taken."""

LIGHTGBM_PARAMETERS = {
    "objective": "quantile",
    "learning_rate": 0.03,
    "num_leaves": 15,
    "min_data_in_leaf": 200,
    "lambda_l2": 5.0,
    "feature_fraction": 0.6,
    "bagging_fraction": 0.6,
    "bagging_freq": 1,
    "seed": 7,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}
LIGHTGBM_MAX_TREES = 400
LIGHTGBM_PATIENCE = 40


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


class LightGbm:
    """Gradient-boosted quantile regression per coin on the same features and targets, refitted every few days."""

    name = "lightgbm"

    def __init__(self, settings: Settings, every_days: int, num_threads: int) -> None:
        self._training, self._horizon = settings.training, horizon_of(settings)
        self._every_days, self._num_threads = every_days, num_threads
        self._days_fitted = 0
        self._models: dict[str, list[lightgbm.Booster]] = {}
        self.seconds: dict[str, float] = {}

    def fit(self, day: date, histories: Mapping[str, CoinHistory]) -> None:
        """Refits when it is due: one model per quantile, stopped early on the validation rows."""
        is_due, self._days_fitted = self._days_fitted % self._every_days == 0, self._days_fitted + 1
        for coin, history in histories.items():
            if is_due or coin not in self._models:
                began = time.perf_counter()
                self._models[coin] = [self._fit_quantile(history, level) for level in self._training.quantiles]
                self.seconds[coin] = self.seconds.get(coin, 0.0) + time.perf_counter() - began

    def forecast(self, history: CoinHistory, rows: NDArray[np.int64]) -> Array:
        """Sorted, since models of different quantiles may cross."""
        x = windows(history.table.x, rows, self._training.window_candles)
        scaled = np.sort(
            np.stack([np.asarray(model.predict(x)) for model in self._models[history.coin]], axis=1), axis=1
        )
        return history.scale(rows, self._horizon)[:, None] * scaled

    def _fit_quantile(self, history: CoinHistory, level: float) -> lightgbm.Booster:
        x, y, window = history.table.x, history.targets, self._training.window_candles
        train, validation = history.split.train_index, history.split.validation_index
        data = lightgbm.Dataset(windows(x, train, window), y[train])
        held_out = lightgbm.Dataset(windows(x, validation, window), y[validation], reference=data)
        return lightgbm.train(
            {**LIGHTGBM_PARAMETERS, "alpha": level, "num_threads": self._num_threads},
            data,
            LIGHTGBM_MAX_TREES,
            valid_sets=[held_out],
            callbacks=[lightgbm.early_stopping(LIGHTGBM_PATIENCE, verbose=False)],
        )


class Network:
    """The production fit: cohorts through Lightning; a full retrain by the calendar, else from the weights of the newest one."""

    name = "network"

    def __init__(self, settings: Settings) -> None:
        self._settings, self.architecture = settings, architecture_of(settings)
        self._fitted: dict[str, tuple[date, FittedCoin]] = {}
        self._full: dict[str, tuple[date, FittedCoin]] = {}  # the newest full retrain: what warm starts begin from
        self.seconds: dict[str, float] = {}

    def fit(self, day: date, histories: Mapping[str, CoinHistory]) -> None:
        """Fits all coins of the day."""
        tasks = [network_task(day, history, self._parent(day, history.coin)) for history in histories.values()]
        kinds = [[task for task in tasks if (task.parent is None) == is_full] for is_full in (True, False)]
        for members in filter(None, kinds):
            result = fit_network(day, members, self._settings)
            for coin, fitted in result.coins.items():
                self._fitted[coin] = day, fitted
                if members[0].parent is None:
                    self._full[coin] = day, fitted
                self.seconds[coin] = self.seconds.get(coin, 0.0) + result.counters.fit_seconds / len(members)

    def forecast(self, history: CoinHistory, rows: NDArray[np.int64]) -> Array:
        """The numpy forward pass that `predict` uses."""
        return network_forecast(self.fitted(history.coin), history, rows, self.architecture)

    def fitted(self, coin: str) -> FittedCoin:
        """The coin's newest fit."""
        return self._fitted[coin][1]

    def _parent(self, day: date, coin: str) -> FittedCoin | None:
        start = parent_day(coin, day, self._settings.training.full_retrain_every_days)
        fitted_on, full = self._full.get(coin, (date.min, None))
        return full if fitted_on == start else None  # the first days of a walk have no full retrain behind them


def network_task(day: date, history: CoinHistory, parent: FittedCoin | None) -> CoinTask:
    """The production fit of one coin: from the parent's weights, or from initial ones."""
    return CoinTask(
        coin=history.coin,
        features=history.table,
        targets=history.targets,
        split=history.split,
        fingerprint=f"benchmark-{history.coin}-{day}",
        parent=parent.weights if parent is not None else None,
    )


def fit_network(day: date, tasks: Sequence[CoinTask], settings: Settings) -> CohortResult:
    """Fits coins in one cohort: all with a parent, or all without. The first fit that diverges is raised."""
    cohort = CohortTask(day=day, coins=tuple(tasks), training=settings.training, architecture=architecture_of(settings))
    with tempfile.TemporaryDirectory() as home, PreemptionMonitor(settings.interruption) as notice:
        chain = open_chain(MemoryStore(), Path(home), cohort, settings.interruption)
        result = fit_cohort(cohort, checkpoints=chain, notice=notice, progress=lambda _: None, lease_alive=lambda: True)
    if result.failures:
        raise next(iter(result.failures.values()))
    return result


def network_forecast(
    fitted: FittedCoin, history: CoinHistory, rows: NDArray[np.int64], architecture: Architecture
) -> Array:
    """Quantiles (N, Q) of the log return, of the network alone, through the numpy forward pass that `predict` uses."""
    scaled = network_quantiles(architecture, fitted.weights, fitted.scaling, history.table, rows)
    return history.scale(rows, architecture.horizon)[:, None] * scaled


class OfVersions:
    """Another view of the versions that `Network` fits: their reference, or what they publish, the mean of both."""

    seconds: dict[str, float] = {}  # noqa: RUF012 - counted with the network

    def __init__(self, network: Network, name: str) -> None:
        self.name, self._network = name, network

    def fit(self, day: date, histories: Mapping[str, CoinHistory]) -> None:
        """The network has been fitted by now."""

    def forecast(self, history: CoinHistory, rows: NDArray[np.int64]) -> Array:
        """Quantiles of the log return."""
        fitted, architecture = self._network.fitted(history.coin), self._network.architecture
        if self.name == "reference":
            scaled = Reference.of_tensors(fitted.weights).scaled_quantiles(history.table, rows)
        else:
            scaled = scaled_quantiles(architecture, fitted.weights, fitted.scaling, history.table, rows)
        return history.scale(rows, architecture.horizon)[:, None] * scaled


def horizon_of(settings: Settings) -> int:
    """Candles that the horizon spans."""
    return settings.training.horizon_candles(parse_timeframe(settings.timeframe).seconds)


def windows(x: NDArray[np.float32], rows: NDArray[np.int64], window: int) -> NDArray[np.float32]:
    """The rows' windows (N, window * F), flattened, oldest candle first."""
    return x[rows[:, None] + np.arange(1 - window, 1)].reshape(len(rows), -1)


def ewma_volatility(table: FeatureTable, half_life: int) -> Array:
    """Root of the exponentially weighted mean of squared candle returns, (T,)."""
    squared = np.square(change_over(np.log(table.close), 1))
    return np.sqrt(np.maximum(exponential_mean(squared, half_life), 1e-12))


def pinball(returns: Array, forecast: Array, quantiles: tuple[float, ...]) -> Array:
    """Pinball loss of each row, mean over the quantiles, (N,) (Koenker and Bassett 1978)."""
    levels = np.array(quantiles)
    error = returns[:, None] - forecast
    return np.maximum(levels * error, (levels - 1) * error).mean(axis=1)
