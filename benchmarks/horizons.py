"""Several horizons in one fit, beside a fit of its own for each: skill on the days after, and CPU seconds.

    python -m benchmarks.horizons --data FOLDER_OF_CANDLE_FILES [--coins BTC,ETH] [--fits 2] [--last-day D]

Every 14 days each coin is fitted once with all horizons, and once for each horizon alone (but for a day, which
the settings refuse as the main one); both are judged on the 14 days after.
"""

import argparse
import logging
import sys
import time
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from benchmarks.skill.__main__ import commit
from benchmarks.skill.forecaster import Array, CoinHistory, pinball
from benchmarks.skill.judged import judged_rows
from benchmarks.skill.production import fit_network, network_task
from benchmarks.skill.walk import read_history
from coin_models.clock import SystemClock
from coin_models.features.scaling import FeatureScaling
from coin_models.features.table import build_targets, horizon_volatility
from coin_models.market.sources.factory import build_source
from coin_models.models.architecture import NETWORK_SHARE, Weights
from coin_models.models.horizons import architecture_at, horizon_name, main_tensors, tensors_at
from coin_models.models.mean import scaled_quantiles
from coin_models.models.reference import Reference
from coin_models.pipeline.plan.recipe import architecture_of
from coin_models.settings.market import MarketSettings
from coin_models.settings.root import Settings
from coin_models.settings.training import TrainingSettings

FIT_EVERY = 14
MINUTES = (15, 60, 240, 1440)
MAIN = 60
COINS = "BTC,ETH,SOL,XRP,DOGE"
TOGETHER, ALONE = "all horizons in one fit", "a fit of its own"
Losses = dict[tuple[int, str, str], list[float]]
"""(minutes, forecast, coin) to the mean loss of each fit's days."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Walks, then prints markdown."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.horizons", description=(__doc__ or "").split("\n", 1)[0]
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of candle files, as for source `files`")
    parser.add_argument("--coins", default=COINS)
    parser.add_argument("--fits", type=int, default=2, help="fits, each judged on 14 days")
    parser.add_argument("--last-day", type=date.fromisoformat, default=date(2024, 8, 30), help="last day judged")
    options = parser.parse_args(arguments)
    logging.getLogger("coin_models").setLevel(logging.WARNING)
    coins, losses, seconds = options.coins.split(","), Losses(), dict[str, float]()
    for age in reversed(range(options.fits)):
        last = options.last_day - timedelta(days=age * FIT_EVERY)
        days = [last - timedelta(days=back) for back in reversed(range(FIT_EVERY))]
        _walk(days, coins, options.data, losses, seconds)
        print(f"{last}: judged", file=sys.stderr)
    print(f"{len(coins)} coins, {options.fits} fits, to {options.last_day}, at commit {commit()}\n")
    print("| horizon | forecast | over scaled unconditional quantiles |\n|---|---|---|")
    for minutes, name in dict.fromkeys((minutes, name) for minutes, name, _ in losses):
        print(f"| {horizon_name(minutes)} | {name} | {_skill(losses, minutes, name, coins):+.4f} |")
    print("\n| fit | CPU s a coin |\n|---|---|")
    for name, spent in seconds.items():
        print(f"| {name} | {spent / len(coins) / options.fits:.2f} |")
    return 0


def _walk(days: Sequence[date], coins: Sequence[str], data: Path, losses: Losses, seconds: dict[str, float]) -> None:
    more = tuple(minutes for minutes in MINUTES if minutes != MAIN)
    plans = [
        (TOGETHER, MAIN, more),
        *((f"{ALONE}, {horizon_name(minutes)}", minutes, ()) for minutes in MINUTES if minutes < 1440),
    ]
    for label, horizon, further in plans:
        training = TrainingSettings(num_threads=1, horizon_minutes=horizon, more_horizons_minutes=further)
        settings = Settings(source="files", market=MarketSettings(files_path=data), training=training)
        source = build_source(settings, SystemClock())
        histories = {coin: read_history(source, coin, days, settings) for coin in coins}
        day, began = days[0] - timedelta(days=1), time.process_time()
        fitted = fit_network(day, [network_task(day, history, None) for history in histories.values()], settings)
        seconds[label] = seconds.get(label, 0.0) + time.process_time() - began
        for coin, history in histories.items():
            for minutes in (horizon, *further):
                name = TOGETHER if further else ALONE
                weights, scaling = fitted.coins[coin].weights, fitted.coins[coin].scaling
                _judge(days, history, settings, minutes, (name, weights), scaling, losses)


def _judge(
    days: Sequence[date],
    history: CoinHistory,
    settings: Settings,
    minutes: int,
    version: tuple[str, Weights],
    scaling: FeatureScaling,
    losses: Losses,
) -> None:
    name, weights = version
    architecture, training = architecture_of(settings), settings.training
    own = main_tensors(weights)
    if minutes != training.horizon_minutes:
        own = tensors_at(architecture, minutes, weights)
        architecture = architecture_at(architecture, minutes)
    targets = build_targets(history.table, architecture.horizon)
    rows = np.concatenate([judged_rows(history.table, day, training) for day in days])
    rows = rows[np.isfinite(targets[rows])]
    scale = horizon_volatility(history.table, architecture.horizon)[rows]
    fitted_rows = history.fitted_rows[np.isfinite(targets[history.fitted_rows])]
    usual = np.quantile(targets[fitted_rows], training.quantiles)
    forecasts: dict[str, Array] = {name: scaled_quantiles(architecture, own, scaling, history.table, rows)}
    if name == TOGETHER:
        third = {**own, NETWORK_SHARE: np.array([0.33], dtype=np.float32)}
        forecasts["the same, a third of the network's"] = scaled_quantiles(
            architecture,
            third,
            scaling,
            history.table,
            rows,
        )
        forecasts["its reference"] = Reference.of_tensors(own).scaled_quantiles(history.table, rows)
        forecasts["scaled"] = np.broadcast_to(usual, (len(rows), len(usual)))
    for label, quantiles in forecasts.items():
        loss = pinball(targets[rows].astype(np.float64) * scale, quantiles * scale[:, None], training.quantiles).mean()
        losses.setdefault((minutes, label, history.coin), []).append(float(loss))


def _skill(losses: Losses, minutes: int, name: str, coins: Sequence[str]) -> float:
    """Mean over coins of 1 - loss / loss of the scaled unconditional quantiles."""
    return float(
        np.mean([1 - np.mean(losses[minutes, name, coin]) / np.mean(losses[minutes, "scaled", coin]) for coin in coins])
    )


if __name__ == "__main__":
    sys.exit(main())
