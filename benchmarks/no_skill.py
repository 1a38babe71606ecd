"""Coin-months in which nothing can be known, through real fits: what is printed of them, and who gets the word champion.

    python -m benchmarks.no_skill --data FOLDER_OF_CANDLE_FILES [--months 15] [--last-day D] [--json]

Every week a version is made as the product makes it in a full retrain: reference, boosted trees, their shares by the validation
days. The network is left at its initial weights, which forecast unconditional quantiles, without a share; warm starts, which
keep the trees, are left out. Daily skills over its reference pass through the test that promotion uses.

* `shuffled`: the rows of features that a fit sees are permuted among themselves; the judged day is real.
* `shifted`: each day has the features of another moment, drawn by chance, in the fit and in what is judged.
* `white noise`: candles of independent ticks of Student's t with constant volatility.
* `as they are`: real candles, to show that skill is found where there is any.
"""

import argparse
import json
import logging
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from itertools import islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.champions import MONTH, first_day
from benchmarks.skill.__main__ import commit
from benchmarks.skill.forecaster import Array
from benchmarks.skill.judged import judged_rows
from benchmarks.skill.walk import LIQUID_COINS
from coin_models.clock import SystemClock
from coin_models.features.scaling import fit_scaling
from coin_models.features.splits import sample_rows, split
from coin_models.features.table import FeatureTable, build_features, build_targets
from coin_models.market.candles import Candles
from coin_models.market.sources.factory import build_source
from coin_models.market.timeframe import day_start_ms, parse_timeframe
from coin_models.models.architecture import Architecture, Weights
from coin_models.models.mean import scaled_quantiles
from coin_models.models.reference import Reference
from coin_models.pipeline.plan.recipe import architecture_of, first_candle_day
from coin_models.settings.market import MarketSettings
from coin_models.settings.root import Settings
from coin_models.settings.training import TrainingSettings
from coin_models.trading.evidence import REFERENCE, Evidence
from coin_models.trading.out_of_sample import OutOfSampleRecord, score_out_of_sample
from coin_models.training.fit.init_weights import initial_weights
from coin_models.training.fit.members import fit_members
from coin_models.training.fit.rng import CoinStreams
from coin_models.training.fit.tasks import CoinTask
from coin_models.training.metrics import validation_metrics

SHUFFLED, SHIFTED, WHITE_NOISE, AS_THEY_ARE = KINDS = ("shuffled", "shifted", "white noise", "as they are")
FIT_EVERY = 7  # days
_TICKS = 20  # of white noise, in a candle
_TICK_SIZE = 2e-4
_DEGREES = 4  # of Student's t


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinMonth:
    """What was seen of one coin in one month."""

    over_reference: float  # mean daily skill, as printed
    over_unconditional: float
    validation: float  # mean validation skill of its versions, over unconditional quantiles
    highest_e_value: float
    is_champion: bool  # ever


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Means over the coin-months of a kind; `error` is the standard error of the printed skill."""

    kind: str
    months: int
    champions: int
    over_reference: float
    error: float
    over_unconditional: float
    validation: float
    highest_e_value: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Walks the months of each kind, then prints markdown, or JSON."""
    options = parse(arguments)
    logging.getLogger("coin_models").setLevel(logging.WARNING)
    training = TrainingSettings(network_share=0, width=1, num_blocks=1)
    settings = Settings(source="files", market=MarketSettings(files_path=options.data), training=training)
    results = []
    for kind in options.kinds.split(","):
        tables = islice(coin_months(kind, settings, options.last_day), options.months)
        rng = np.random.default_rng(17)
        results.append(
            summarise(kind, [walk_month(kind, table, last, settings, rng, coin) for coin, table, last in tables])
        )
        print(f"{kind}: {options.months} coin-months", file=sys.stderr)
    if options.json:
        json.dump([asdict(one) for one in results], sys.stdout, indent=1)
        return 0
    print(f"{options.months} coin-months of {MONTH} days of each kind, at commit {commit()}\n")
    print(
        "| coin-months | ever champion | skill over the reference, as printed | over unconditional | validation skill | highest "
        "e-value |\n|---|---|---|---|---|---|"
    )
    for one in results:
        skills = f"{one.over_reference:+.4f} ± {one.error:.4f} | {one.over_unconditional:+.4f} | {one.validation:+.4f}"
        print(f"| {one.kind} | {one.champions} of {one.months} | {skills} | {one.highest_e_value:.1f} |")
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options, with their defaults."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.no_skill", description=(__doc__ or "").split("\n", 1)[0]
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of candle files, as for source `files`")
    parser.add_argument("--months", type=int, default=15, help="coin-months of each kind")
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--last-day", type=date.fromisoformat, default=date(2024, 8, 31), help="last day judged")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


def coin_months(kind: str, settings: Settings, last_day: date) -> Iterator[tuple[str, FeatureTable, date]]:
    """Coins, their tables and last days: all coins of the newest month, then of the month before, then of noise without end."""
    source = build_source(settings, SystemClock())
    for number in range(10_000):
        age, place = divmod(number, len(LIQUID_COINS))
        coin, last = LIQUID_COINS[place], last_day - timedelta(days=age * MONTH)
        first = first_candle_day(last - timedelta(days=MONTH), settings)
        if kind == WHITE_NOISE:
            rng = np.random.default_rng([17, number])
            candles = noise_candles(rng, first, (last - first).days + 2)
        else:
            candles = source.fetch(coin, first, last + timedelta(days=1))
        yield coin, build_features(candles, settings.market), last


def noise_candles(rng: np.random.Generator, first: date, num_days: int) -> Candles:
    """Candles of five minutes of a price whose ticks are independent."""
    timeframe = parse_timeframe("5m")
    num_candles = num_days * timeframe.candles_per_day
    ticks = _TICK_SIZE * rng.standard_t(_DEGREES, num_candles * _TICKS)
    path = 100 * np.exp(np.cumsum(ticks)).reshape(num_candles, _TICKS)
    opened = np.concatenate([[100.0], path[:-1, -1]])
    within = np.column_stack([opened, path])
    columns = (opened, within.max(axis=1), within.min(axis=1), path[:, -1], rng.lognormal(0, 0.5, num_candles))
    times = day_start_ms(first) + timeframe.ms * np.arange(num_candles, dtype=np.int64)
    return Candles(timeframe=timeframe, open_time_ms=times, ohlcv=np.column_stack(columns))


def walk_month(
    kind: str, table: FeatureTable, last_day: date, settings: Settings, rng: np.random.Generator, coin: str
) -> CoinMonth:
    """A version each week, judged on the days after, for a month that ends with `last_day`."""
    training, architecture = settings.training, architecture_of(settings)
    if kind == SHIFTED:
        table = without_link(table, _shifted(sample_rows(table, training.window_candles), rng))
    targets = build_targets(table, architecture.horizon)
    records, validation = [], []
    days = [last_day - timedelta(days=age) for age in reversed(range(MONTH))]
    for judged in (days[first : first + FIT_EVERY] for first in range(0, MONTH, FIT_EVERY)):
        fitted_on = judged[0] - timedelta(days=1)
        rows = split(table, fitted_on, training)
        seen = table
        if kind == SHUFFLED:
            fitted = np.concatenate([rows.train_index, rows.validation_index])
            seen = without_link(table, (fitted, rng.permutation(fitted)))
        task = CoinTask(
            coin=coin, features=seen, targets=targets, split=rows, fingerprint=f"benchmark-{coin}-{fitted_on}"
        )
        weights, skill = fit_version(task, architecture, training, fitted_on)
        validation.append(skill)
        judgements = [_judge(task, architecture, weights, table, judged_rows(table, day, training)) for day in judged]
        records += [record for record in judgements if record is not None]
    return _month(records, validation, settings)


def fit_version(
    task: CoinTask, architecture: Architecture, training: TrainingSettings, day: date
) -> tuple[Weights, float]:
    """The tensors of a version, and its validation skill."""
    streams = CoinStreams(seed=training.seed, coin=task.coin, day=day)
    network = initial_weights(task, architecture, streams)
    scaling = fit_scaling(task.features.x, task.split.train_index)
    members = fit_members(task, architecture, network, scaling, training.seed)
    metrics = validation_metrics(task, architecture, members.validation_quantiles)
    return {**network, **members.tensors}, metrics["skill"]


def without_link(table: FeatureTable, moved: tuple[NDArray[np.int64], NDArray[np.int64]]) -> FeatureTable:
    """The table in which some rows have the features of others; what followed, and the scale, stay where they are.

    Args:
        table: T rows.
        moved: rows (N,), and for each the row whose features it gets.
    """
    at = np.arange(len(table))
    at[moved[0]] = moved[1]
    return replace(table, x=table.x[at], width=table.width[at])


def _shifted(rows: NDArray[np.int64], rng: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """For each day of rows those from a moment drawn by chance on; after the last row comes the first."""
    size = parse_timeframe("5m").candles_per_day
    blocks = [np.arange(first, min(first + size, len(rows))) for first in range(0, len(rows), size)]
    starts = rng.integers(0, len(rows), len(blocks))
    places = [(start + np.arange(len(block))) % len(rows) for start, block in zip(starts, blocks, strict=True)]
    return rows, rows[np.concatenate(places)]


def _judge(
    task: CoinTask, architecture: Architecture, weights: Weights, table: FeatureTable, rows: NDArray[np.int64]
) -> OutOfSampleRecord | None:
    levels, realised = architecture.quantiles, task.targets[rows].astype(np.float64)
    scaling = fit_scaling(task.features.x, task.split.train_index)
    usual: Array = np.quantile(task.targets[task.split.train_index].astype(np.float64), levels)
    return score_out_of_sample(
        levels,
        realised,
        np.ones(len(rows)),
        scaled_quantiles(architecture, weights, scaling, table, rows),
        np.broadcast_to(usual, (len(rows), len(levels))),
        Reference.of_tensors(weights).scaled_quantiles(table, rows),
    )


def _month(records: Sequence[OutOfSampleRecord], validation: Sequence[float], settings: Settings) -> CoinMonth:
    over_reference = np.array([record.skill_over_reference for record in records], dtype=np.float64)
    evidence, e_values = Evidence(opponent=REFERENCE), [1.0]
    for skill in over_reference:
        evidence = evidence.after(float(skill))
        e_values.append(evidence.e_value)
    return CoinMonth(
        over_reference=float(over_reference.mean()),
        over_unconditional=float(np.mean([record.skill_over_unconditional for record in records])),
        validation=float(np.mean(validation)),
        highest_e_value=max(e_values),
        is_champion=first_day(over_reference, settings.trading) is not None,
    )


def summarise(kind: str, months: Sequence[CoinMonth]) -> Figures:
    """Means over coin-months, and the highest e-value of any."""
    printed = np.array([month.over_reference for month in months])
    return Figures(
        kind=kind,
        months=len(months),
        champions=sum(month.is_champion for month in months),
        over_reference=float(printed.mean()),
        error=float(printed.std(ddof=1) / np.sqrt(len(printed))) if len(printed) > 1 else float("nan"),
        over_unconditional=float(np.mean([month.over_unconditional for month in months])),
        validation=float(np.mean([month.validation for month in months])),
        highest_e_value=max(month.highest_e_value for month in months),
    )


if __name__ == "__main__":
    sys.exit(main())
