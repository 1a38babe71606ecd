"""Which parent a warm start should have: four rules of the calendar, walked forward through the production fit.

    python -m benchmarks.parents --data FOLDER_OF_CANDLE_FILES [--last-day D] [--days 28] [--threads 1] [--published] [--json]

One day in `full_retrain_every_days` is a full retrain; which one differs between coins (a digest of the coin), so that
every judged day has coins of every age (days since the full retrain). On the other days the rules differ:

    full    another full retrain, every day: the upper reference
    stale   no fit: the week's full retrain is used unchanged
    week    a warm start from the week's full retrain
    chain   a warm start from the day before's version, back to the week's full retrain

Each day D is fitted on what was known at its end and judged on D+1. All rules share the full retrains; `week` and `chain`
also share the first warm start after one. With `--calendars` above 1 the weekdays are shifted as well, and each coin-day is
judged at several ages. `--published` judges what versions publish, the mean of network, reference and trees, in place of the
network alone: a warm start then also brings a reference of the day. `--minutes` ends the walk early; the days judged until then
are reported (parents_report.py).
"""

import argparse
import json
import logging
import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.parents_report import BASES, RULES, FitCost, JudgedCoinDay, print_report, summarise
from benchmarks.skill.baselines import ScaledUnconditional, Unconditional
from benchmarks.skill.forecaster import Array, CoinHistory, Forecaster, horizon_of, pinball
from benchmarks.skill.judged import judged_rows
from benchmarks.skill.production import fit_network, network_forecast, network_task, published_forecast
from benchmarks.skill.walk import LIQUID_COINS, read_history
from coin_models.clock import SystemClock
from coin_models.market.source import CandleSource
from coin_models.market.sources.factory import build_source
from coin_models.models.architecture import Architecture
from coin_models.pipeline.plan.recipe import architecture_of
from coin_models.settings.market import MarketSettings
from coin_models.settings.root import Settings
from coin_models.settings.training import TrainingSettings
from coin_models.training.results import FittedCoin

Histories = Mapping[str, CoinHistory]
Forecast = Callable[[FittedCoin, CoinHistory, NDArray[np.int64], Architecture], Array]


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the benchmark and prints tables, or JSON."""
    options = parse(arguments)
    logging.getLogger("coin_models").setLevel(logging.WARNING)
    settings = Settings(
        source="files",
        market=MarketSettings(files_path=options.data),
        training=TrainingSettings(num_threads=options.threads),
    )
    every_days = settings.training.full_retrain_every_days
    if not 1 <= options.calendars <= every_days:
        sys.exit(
            f"--calendars {options.calendars}: must be 1 to {every_days}, the days from one full retrain to the next"
        )
    coins = options.coins.split(",")
    versions = Versions(settings, Calendars(every_days=every_days, num=options.calendars))
    judged: list[JudgedCoinDay] = []
    began, cpu_began = time.perf_counter(), time.process_time()
    forecast = published_forecast if options.published else network_forecast
    for records in walk(settings, coins, options.last_day, options.days, versions, forecast):
        judged += records
        if time.perf_counter() - began > options.minutes * 60:
            break
    report = summarise(judged, versions.costs, every_days, num_samples=options.samples)
    report |= {
        "calendars": options.calendars,
        "wall_seconds": round(time.perf_counter() - began, 1),
        "cpu_seconds": round(time.process_time() - cpu_began, 1),
    }
    if options.json:
        json.dump(report, sys.stdout, indent=1)
    else:
        print_report(report)
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options, with their defaults."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.parents", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of candle files, as for source `files`")
    parser.add_argument("--coins", default=",".join(LIQUID_COINS))
    parser.add_argument("--last-day", type=date.fromisoformat, default=date(2024, 8, 30), help="last day judged")
    parser.add_argument("--days", type=int, default=28, help="number of days judged")
    parser.add_argument("--calendars", type=int, default=1, help="number of ages at which each coin-day is judged")
    parser.add_argument("--minutes", type=float, default=math.inf, help="end the walk after the day that exceeds this")
    parser.add_argument("--samples", type=int, default=10_000, help="number of bootstrap samples of the intervals")
    parser.add_argument("--threads", type=int, default=1, help="threads of the fits; 0: all cores, for a quiet machine")
    parser.add_argument("--published", action="store_true", help="judge what versions publish, not the network alone")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calendars:
    """Which days are full retrains: a function of coin and date, in each of a few shifted calendars."""

    every_days: int
    num: int

    def age(self, coin: str, day: date, calendar: int) -> int:
        """Days since the coin's newest full retrain, 0 on the day of one."""
        shift = int.from_bytes(sha256(coin.encode()).digest()) + calendar * self.every_days // self.num
        return (day.toordinal() + shift) % self.every_days

    def ages(self, coins: Sequence[str], day: date, calendar: int) -> dict[str, int]:
        """The age of each coin."""
        return {coin: self.age(coin, day, calendar) for coin in coins}


class Versions:
    """Fits what the rules need day by day, and finds the version that a rule uses on a day."""

    def __init__(self, settings: Settings, calendars: Calendars) -> None:
        self._settings, self.calendars = settings, calendars
        self._full: dict[tuple[str, date], FittedCoin] = {}
        self._warm: dict[tuple[str, str, date, int], FittedCoin] = {}  # by rule, coin, day, age
        self.costs = {"full retrain": FitCost(), "warm start": FitCost(), "preparation": FitCost()}

    def fit(self, day: date, histories: Histories, *, is_judged: bool) -> None:
        """Fits all rules of a day; before the first judged one, only the ancestors that later days need."""
        calendars = [self.calendars.ages(tuple(histories), day, k) for k in range(self.calendars.num)]
        due = {coin for ages in calendars for coin, age in ages.items() if is_judged or age == 0}
        self._fit_full(day, {coin: history for coin, history in histories.items() if coin in due})
        for ages in calendars:
            self._fit_warm("chain", day, {coin: age for coin, age in ages.items() if age >= 1}, histories)
            if is_judged:
                self._fit_warm("week", day, {coin: age for coin, age in ages.items() if age >= 2}, histories)

    def find(self, rule: str, coin: str, day: date, age: int) -> FittedCoin | None:
        """The version that the rule uses for a coin on a day; none before the walk's first full retrain."""
        if rule == "full" or age == 0:
            return self._full.get((coin, day))
        if rule == "stale":
            return self._full.get((coin, day - timedelta(days=age)))
        return self._warm.get(("chain" if age == 1 else rule, coin, day, age))

    def _parent(self, rule: str, coin: str, day: date, age: int) -> FittedCoin | None:
        if rule == "week":
            return self.find("stale", coin, day, age)
        return self.find("chain", coin, day - timedelta(days=1), age - 1)

    def _fit_full(self, day: date, histories: Histories) -> None:
        fitted = self._fit_cohort("full retrain", day, histories, dict.fromkeys(histories))
        self._full |= {(coin, day): version for coin, version in fitted.items()}

    def _fit_warm(self, rule: str, day: date, ages: Mapping[str, int], histories: Histories) -> None:
        parents = {coin: self._parent(rule, coin, day, age) for coin, age in ages.items()}
        present = {coin: parent for coin, parent in parents.items() if parent is not None}
        fitted = self._fit_cohort("warm start", day, histories, present)
        self._warm |= {(rule, coin, day, ages[coin]): version for coin, version in fitted.items()}

    def _fit_cohort(
        self, kind: str, day: date, histories: Histories, parents: Mapping[str, FittedCoin | None]
    ) -> Mapping[str, FittedCoin]:
        if not parents:
            return {}
        tasks = [network_task(day, histories[coin], parent) for coin, parent in parents.items()]
        began = time.process_time()
        result = fit_network(day, tasks, self._settings)
        self.costs[kind].add(
            num=len(tasks),
            steps=result.counters.steps_total,
            cpu_seconds=time.process_time() - began,
            num_unchanged=sum(version.best_epoch == 0 for version in result.coins.values()),
        )
        return result.coins


def walk(
    settings: Settings, coins: Sequence[str], last_day: date, num_days: int, versions: Versions, forecast: Forecast
) -> Iterator[list[JudgedCoinDay]]:
    """Fits and judges day by day, from a week before the first judged day."""
    source = build_source(settings, SystemClock())
    began = time.perf_counter()
    for number in range(1 - versions.calendars.every_days, num_days):
        judged = last_day - timedelta(days=num_days - 1 - number)
        histories = read_histories(source, coins, judged, settings, versions.costs["preparation"])
        versions.fit(judged - timedelta(days=1), histories, is_judged=number >= 0)
        print(f"{judged}: {number + 1} of {num_days}, {time.perf_counter() - began:.0f} s", file=sys.stderr)
        if number >= 0:
            yield judge(judged, histories, settings, versions, forecast)


def read_histories(
    source: CandleSource, coins: Sequence[str], judged: date, settings: Settings, cost: FitCost
) -> dict[str, CoinHistory]:
    """Candles, features and targets of each coin; every fit needs them, whatever its parent."""
    began = time.process_time()
    histories = {coin: read_history(source, coin, [judged], settings) for coin in coins}
    cost.add(num=len(coins), steps=0, cpu_seconds=time.process_time() - began)
    return histories


def judge(
    judged: date, histories: Histories, settings: Settings, versions: Versions, forecast: Forecast
) -> list[JudgedCoinDay]:
    """The day's mean loss of every coin under every rule, in every calendar."""
    day, training, architecture = judged - timedelta(days=1), settings.training, architecture_of(settings)
    baselines: list[Forecaster] = [Unconditional(settings), ScaledUnconditional(settings)]
    for baseline in baselines:
        baseline.fit(day, histories)
    records = []
    for coin, history in histories.items():
        rows = judged_rows(history.table, judged, training)
        returns = history.log_returns(rows, horizon_of(settings))
        base = {
            baseline.name: float(pinball(returns, baseline.forecast(history, rows), training.quantiles).mean())
            for baseline in baselines
        }
        for calendar in range(versions.calendars.num):
            age = versions.calendars.age(coin, day, calendar)
            loss = {}
            for rule in RULES:
                version = versions.find(rule, coin, day, age)
                assert version is not None, f"{rule} has no version of {coin} on {day}"  # noqa: S101
                quantiles = forecast(version, history, rows, architecture)
                loss[rule] = float(pinball(returns, quantiles, training.quantiles).mean())
            records.append(JudgedCoinDay(coin=coin, day=judged, age=age, loss={**base, **loss}))
    return records


assert set(BASES) == {Unconditional.name, ScaledUnconditional.name}  # noqa: S101

if __name__ == "__main__":
    sys.exit(main())
