"""Pinball skill per coin, walked forward day by day through the production fit, against four baselines.

    python -m benchmarks.skill --data FOLDER_OF_CANDLE_FILES [--timeframe 1h] [--last-day D] [--days 28] [--json]
    python -m benchmarks.skill --data FOLDER_OF_CANDLE_FILES --last-day 2024-08-31 --days 140 --fit-every 14

Each day D every forecaster is fitted on what was known at its end and judged on D+1. Skill is 1 - loss / loss of the coin's
unconditional quantiles, in terms of the log return (the loss that people who use the forecast pay). `scaled` is the
unconditional forecast scaled by the features' volatility: what the network starts from. `reference` is the ridge of the
next horizon's range, `published` the mean of network and reference that versions forecast. LightGBM is refitted every
`--lightgbm-every` days, the network every day, from the weights of its newest full retrain.
"""

import argparse
import json
import logging
import sys
import time
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.forecasters import (
    CoinHistory,
    EwmaVolatility,
    Forecaster,
    LightGbm,
    Network,
    OfVersions,
    ScaledUnconditional,
    Unconditional,
    pinball,
)
from benchmarks.judged import judged_rows
from coin_models.clock import SystemClock
from coin_models.features.splits import split
from coin_models.features.table import build_features, build_targets
from coin_models.market.candles import Candles
from coin_models.market.source import CandleSource
from coin_models.market.sources.factory import build_source
from coin_models.market.timeframe import parse_timeframe
from coin_models.pipeline.plan.recipe import first_candle_day
from coin_models.settings.market import MarketSettings
from coin_models.settings.root import Settings
from coin_models.settings.training import TrainingSettings
from coin_models.training.hardware import choose_num_threads

LIQUID_COINS = ("BTC", "ETH", "SOL", "XRP", "DOGE", "LTC", "LINK", "AVAX", "ATOM", "NEAR")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the benchmark and prints a table, or JSON."""
    options = parse(arguments)
    logging.getLogger("coin_models").setLevel(logging.WARNING)
    settings = Settings(
        source="files",
        timeframe=options.timeframe,
        market=MarketSettings(files_path=options.data),
        training=TrainingSettings(num_threads=options.threads, horizon_minutes=options.horizon_minutes),
    )
    began = time.perf_counter()
    losses, forecasters = walk(settings, options)
    report = summarise(losses, forecasters, options, time.perf_counter() - began)
    if options.json:
        json.dump(report, sys.stdout, indent=1)
    else:
        print_report(report)
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options, with their defaults."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.skill", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of candle files, as for source `files`")
    parser.add_argument("--timeframe", default="5m", help="length of the files' candles")
    parser.add_argument("--horizon-minutes", type=int, default=60)
    parser.add_argument("--coins", default=",".join(LIQUID_COINS))
    parser.add_argument("--last-day", type=date.fromisoformat, default=date(2024, 8, 30), help="last day judged")
    parser.add_argument("--days", type=int, default=28, help="number of days judged")
    parser.add_argument(
        "--fit-every", type=int, default=1, help="days judged by each fit; above 1 every fit is a full retrain"
    )
    parser.add_argument("--lightgbm-every", type=int, default=7, help="days between two LightGBM fits; 0: leave it out")
    parser.add_argument(
        "--threads", type=int, default=0, help="threads of both fits; 0: all cores, for a quiet machine"
    )
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


Losses = dict[tuple[str, str], list[np.ndarray]]
"""(forecaster, coin) to each judged day's losses."""


def walk(settings: Settings, options: argparse.Namespace) -> tuple[Losses, list[Forecaster]]:
    """Fits and judges day by day; losses are in terms of the log return."""
    network = Network(settings)
    forecasters: list[Forecaster] = [
        Unconditional(settings),
        EwmaVolatility(settings),
        ScaledUnconditional(settings),
        network,
        OfVersions(network, "reference"),
        OfVersions(network, "published"),
    ]
    if options.lightgbm_every:
        forecasters.append(LightGbm(settings, options.lightgbm_every, choose_num_threads(settings.training)))
    source = build_source(settings, SystemClock())
    losses: Losses = {}
    first = options.last_day - timedelta(days=options.days - 1)
    for number in range(0, options.days, options.fit_every):
        judged = [
            first + timedelta(days=number + ahead) for ahead in range(min(options.fit_every, options.days - number))
        ]
        histories = {coin: read_history(source, coin, judged, settings) for coin in options.coins.split(",")}
        for forecaster in forecasters:
            forecaster.fit(judged[0] - timedelta(days=1), histories)
            for day in judged:
                judge(forecaster, day, histories, settings, losses)
        print(f"{judged[-1]}: judged ({number + len(judged)} of {options.days} days)", file=sys.stderr)
    return losses, forecasters


def read_history(source: CandleSource, coin: str, judged: Sequence[date], settings: Settings) -> CoinHistory:
    """The coin's features from what a fit of the day before reads to the end of the outcomes of the judged days.

    Features and splits are causal (tested), so that one table serves both; `split` sees only the days up to the fit's.
    """
    day = judged[0] - timedelta(days=1)
    candles: Candles = source.fetch(coin, first_candle_day(day, settings), judged[-1] + timedelta(days=1))
    table = build_features(candles, settings.market)
    return CoinHistory(
        coin=coin,
        table=table,
        targets=build_targets(table, settings.training.horizon_candles(candles.timeframe.seconds)),
        split=split(table, day, settings.training),
    )


def judge(
    forecaster: Forecaster, judged: date, histories: dict[str, CoinHistory], settings: Settings, losses: Losses
) -> None:
    """Adds the day's losses of every coin."""
    training = settings.training
    for coin, history in histories.items():
        rows = judged_rows(history.table, judged, training)
        returns = history.log_returns(rows, training.horizon_candles(parse_timeframe(settings.timeframe).seconds))
        loss = pinball(returns, forecaster.forecast(history, rows), training.quantiles)
        losses.setdefault((forecaster.name, coin), []).append(loss)


def summarise(
    losses: Losses, forecasters: Sequence[Forecaster], options: argparse.Namespace, wall_seconds: float
) -> dict[str, Any]:
    """Skill by coin and forecaster, its mean over coins, and the seconds each spent fitting."""
    coins = options.coins.split(",")
    mean_loss = {key: float(np.concatenate(days).mean()) for key, days in losses.items()}
    others = [forecaster for forecaster in forecasters if forecaster.name != "unconditional"]
    skill = {
        coin: {f.name: 1 - mean_loss[f.name, coin] / mean_loss["unconditional", coin] for f in others} for coin in coins
    }
    return {
        "first_day": str(options.last_day - timedelta(days=options.days - 1)),
        "last_day": str(options.last_day),
        "lightgbm_every_days": options.lightgbm_every,
        "skill": skill,
        "mean_skill": {f.name: float(np.mean([skill[coin][f.name] for coin in coins])) for f in others},
        "mean_skill_over": {
            base: {
                f.name: float(np.mean([1 - mean_loss[f.name, coin] / mean_loss[base, coin] for coin in coins]))
                for f in others
                if f.name != base
            }
            for base in ("ewma", "scaled")
        },
        "by_origin": by_origin(losses, coins, [f.name for f in others], options.fit_every),
        "fit_seconds": {coin: {f.name: round(f.seconds.get(coin, 0.0), 2) for f in others} for coin in coins},
        "wall_seconds": round(wall_seconds, 1),
    }


def by_origin(losses: Losses, coins: Sequence[str], names: Sequence[str], fit_every: int) -> dict[str, Any]:
    """Mean skill over `scaled` of each fit, and how `published` fares against each rival over the fits.

    One number a fit: days of one fit and coins of one day share their market, so that t counts fits, not losses.
    """
    num_fits = -(-len(losses["scaled", coins[0]]) // fit_every)

    def mean_loss(name: str, coin: str, fit: int) -> float:
        return float(np.concatenate(losses[name, coin][fit * fit_every : (fit + 1) * fit_every]).mean())

    def skill(name: str, base: str) -> list[float]:
        ratios = [
            [1 - mean_loss(name, coin, fit) / mean_loss(base, coin, fit) for coin in coins] for fit in range(num_fits)
        ]
        return [float(np.mean(of_fit)) for of_fit in ratios]

    against = {name: np.array(skill("published", name)) for name in names if name != "published"}
    return {
        "skill_over_scaled": {name: [round(value, 4) for value in skill(name, "scaled")] for name in names},
        "published_against": {
            name: {
                "mean": round(float(gain.mean()), 5),
                "t": round(float(gain.mean() / gain.std(ddof=1) * np.sqrt(num_fits)), 2) if num_fits > 2 else None,
                "fits_better": int((gain > 0).sum()),
                "fits": num_fits,
            }
            for name, gain in against.items()
        },
    }


def print_report(report: dict[str, Any]) -> None:
    """One line per coin, one for the mean, one for what it means over the other baselines."""
    names = list(report["mean_skill"])
    table = Table(title=f"Pinball skill over unconditional quantiles, {report['first_day']} to {report['last_day']}")
    table.add_column("coin")
    for name in names:
        table.add_column(name, justify="right")
    for name in ("network", "lightgbm"):
        if name in names:
            table.add_column(f"{name} fit [s]", justify="right")
    for coin, skill in report["skill"].items():
        seconds = [f"{report['fit_seconds'][coin][name]:.1f}" for name in ("network", "lightgbm") if name in names]
        table.add_row(coin, *(f"{skill[name]:+.4f}" for name in names), *seconds)
    totals = [
        f"{sum(by_name[name] for by_name in report['fit_seconds'].values()):.1f}"
        for name in ("network", "lightgbm")
        if name in names
    ]
    table.add_section()
    table.add_row("mean", *(f"{report['mean_skill'][name]:+.4f}" for name in names), *totals)
    console = Console()
    console.print(table)
    for base, skill in report["mean_skill_over"].items():
        over = ", ".join(f"{name} {value:+.4f}" for name, value in skill.items())
        console.print(f"mean skill over {base}: {over}")
    for name, gain in report["by_origin"]["published_against"].items():
        better = f"better in {gain['fits_better']} of {gain['fits']} fits"
        console.print(f"published against {name}: {gain['mean']:+.5f}, t {gain['t']}, {better}")
    console.print(f"{report['wall_seconds']:.0f} s in all")


if __name__ == "__main__":
    sys.exit(main())
