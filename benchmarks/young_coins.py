"""A coin of four days forecast by the other coins' references, beside its own of 90 days and of few days: leave one coin out.

    python -m benchmarks.young_coins --data FOLDER_OF_CANDLE_FILES [--last-day D] [--fits 10] [--json]

Every 14 days each coin is fitted on what was known, and judged on the 14 days after, as `benchmarks.skill`. `pooled` is what the
product forecasts a young coin with: no candle of the coin is in it. `own N days` is the coin's reference on its last N days.
"""

import argparse
import json
import logging
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.skill.__main__ import commit
from benchmarks.skill.baselines import ScaledUnconditional, Unconditional
from benchmarks.skill.forecaster import Array, CoinHistory, horizon_of, pinball
from benchmarks.skill.judged import judged_rows
from benchmarks.skill.walk import LIQUID_COINS, read_history
from coin_models.clock import SystemClock
from coin_models.market.sources.factory import build_source
from coin_models.models.pooled import pooled_reference
from coin_models.models.reference import Reference, fit_reference, log_width_ahead, reference_inputs
from coin_models.settings.market import MarketSettings
from coin_models.settings.root import Settings

FIT_EVERY = 14
OWN_DAYS = (90, 30, 14)
YOUNG_DAYS = 4
SHRINKAGE_DAYS = (8, 32)
"""The pool's log width moved by the coin's mean error over its four days, as if the pool were worth this many days."""
_DAY_CANDLES = 288

Losses = dict[tuple[str, str], list[float]]
"""(forecast, coin) to the mean loss of each fit's days."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Walks, then prints skill over unconditional quantiles and over the scale, mean over coins."""
    options = parse(arguments)
    logging.getLogger("coin_models").setLevel(logging.WARNING)
    settings = Settings(source="files", market=MarketSettings(files_path=options.data))
    losses: Losses = {}
    source = build_source(settings, SystemClock())
    coins = options.coins.split(",")
    for age in reversed(range(options.fits)):
        last = options.last_day - timedelta(days=age * FIT_EVERY)
        days = [last - timedelta(days=back) for back in reversed(range(FIT_EVERY))]
        judge(days, {coin: read_history(source, coin, days, settings) for coin in coins}, settings, losses)
        print(f"{last}: judged ({options.fits - age} of {options.fits} fits)", file=sys.stderr)
    table = {name: skills(losses, name, coins) for name in dict.fromkeys(name for name, _ in losses)}
    if options.json:
        json.dump(table, sys.stdout, indent=1)
        return 0
    print(f"{len(coins)} coins, {options.fits} fits, to {options.last_day}, at commit {commit()}\n")
    print(
        "| forecast | over unconditional | over the scale | coins not worse than own 90 days by 0.001 |\n|---|---|---|---|"
    )
    for name, skill in table.items():
        print(f"| {name} | {skill['unconditional']:+.4f} | {skill['scaled']:+.4f} | {skill['num_near']:.0f} |")
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options, with their defaults."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.young_coins", description=(__doc__ or "").split("\n", 1)[0]
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of candle files, as for source `files`")
    parser.add_argument("--coins", default=",".join(LIQUID_COINS))
    parser.add_argument("--last-day", type=date.fromisoformat, default=date(2024, 8, 31), help="last day judged")
    parser.add_argument("--fits", type=int, default=10, help="number of fits, each judged on 14 days")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


def judge(days: Sequence[date], histories: Mapping[str, CoinHistory], settings: Settings, losses: Losses) -> None:
    """Fits on what was known before these days, and adds their losses."""
    horizon, levels = horizon_of(settings), settings.training.quantiles
    own = {coin: _fitted(history, history.fitted_rows, settings) for coin, history in histories.items()}
    baselines = (Unconditional(settings), ScaledUnconditional(settings))
    for baseline in baselines:
        baseline.fit(days[0] - timedelta(days=1), histories)
    for coin, history in histories.items():
        rows = np.concatenate([judged_rows(history.table, day, settings.training) for day in days])
        scale = history.scale(rows, horizon)[:, None]
        forecasts = {baseline.name: baseline.forecast(history, rows) for baseline in baselines}
        for name, reference in _references(coin, own, history, settings).items():
            forecasts[name] = scale * reference.scaled_quantiles(history.table, rows)
        returns = history.log_returns(rows, horizon)
        for name, forecast in forecasts.items():
            losses.setdefault((name, coin), []).append(float(pinball(returns, forecast, levels).mean()))


def _references(
    coin: str, own: Mapping[str, Reference], history: CoinHistory, settings: Settings
) -> dict[str, Reference]:
    rows = history.fitted_rows
    pool = pooled_reference([own[other] for other in sorted(own) if other != coin])
    references = {f"own {OWN_DAYS[0]} days": own[coin], "pooled": pool}
    for days in OWN_DAYS[1:]:
        references[f"own {days} days"] = _fitted(history, rows[-days * _DAY_CANDLES :], settings)
    error = _mean_error(pool, history, rows[-YOUNG_DAYS * _DAY_CANDLES :], horizon_of(settings))
    for worth in SHRINKAGE_DAYS:
        shift = np.float32(error * YOUNG_DAYS / (YOUNG_DAYS + worth))
        references[f"pooled, own level ({worth} days)"] = replace(pool, intercept=pool.intercept + shift)
    return references


def _mean_error(pool: Reference, history: CoinHistory, rows: NDArray[np.int64], horizon: int) -> float:
    """Of the pool's log width on these rows of the coin."""
    inputs: Array = reference_inputs(history.table, rows)
    width = np.abs(pool.scaled_quantiles(history.table, rows)[:, 0]) / abs(float(pool.quantiles[0]))
    if len(inputs) == 0:
        raise SystemExit("no candle to fit on: give more history")
    return float((log_width_ahead(history.table, rows, horizon) - np.log(width)).mean())


def _fitted(history: CoinHistory, rows: NDArray[np.int64], settings: Settings) -> Reference:
    horizon, levels = horizon_of(settings), settings.training.quantiles
    return fit_reference(history.table, history.targets, rows, horizon=horizon, levels=levels)


def skills(losses: Losses, name: str, coins: Sequence[str]) -> dict[str, float]:
    """Mean over coins of 1 - loss / loss of either base, and how many coins are within 0.001 of their own 90 days."""

    def skill(base: str, of: str = name) -> Array:
        return np.array([1 - np.mean(losses[of, coin]) / np.mean(losses[base, coin]) for coin in coins])

    near = skill("unconditional") >= skill("unconditional", f"own {OWN_DAYS[0]} days") - 0.001
    return {
        "unconditional": float(skill("unconditional").mean()),
        "scaled": float(skill("scaled").mean()),
        "num_near": float(near.sum()),
    }


if __name__ == "__main__":
    sys.exit(main())
