"""The production models behind the forecaster protocol: the network, the reference, and what versions publish."""

import tempfile
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.skill.forecaster import Array, CoinHistory
from coin_models.models.architecture import Architecture
from coin_models.models.mean import network_quantiles, scaled_quantiles
from coin_models.models.reference import Reference
from coin_models.pipeline.plan.calendar import parent_day
from coin_models.pipeline.plan.recipe import architecture_of
from coin_models.settings.root import Settings
from coin_models.storage.memory import MemoryStore
from coin_models.training.checkpoints.chain import open_chain
from coin_models.training.fit.tasks import CohortTask, CoinTask
from coin_models.training.interruption.preemption import PreemptionMonitor
from coin_models.training.results import CohortResult, FittedCoin
from coin_models.training.run_fit import fit_cohort


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


def published_forecast(
    fitted: FittedCoin, history: CoinHistory, rows: NDArray[np.int64], architecture: Architecture
) -> Array:
    """The same of what the version publishes: the mean of its members."""
    scaled = scaled_quantiles(architecture, fitted.weights, fitted.scaling, history.table, rows)
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
        if self.name != "reference":
            return published_forecast(fitted, history, rows, architecture)
        scaled = Reference.of_tensors(fitted.weights).scaled_quantiles(history.table, rows)
        return history.scale(rows, architecture.horizon)[:, None] * scaled
