"""The volatility book on real candles: realised against targeted risk and breaches of each tail, walked forward.

    python -m benchmarks.volatility_book --data FOLDER_OF_CANDLE_FILES [--last-day D] [--days 28] [--fit-every 14] [--json]

Versions are full retrains of the production fit every `--fit-every` days; each day after is traded by the product's own
book with what the newest version publishes, and with its reference alone.
"""

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from benchmarks.skill.forecaster import Array, CoinHistory, horizon_of
from benchmarks.skill.production import Network, OfVersions
from benchmarks.skill.walk import LIQUID_COINS, read_history
from coin_models.clock import SystemClock
from coin_models.market.sources.factory import build_source
from coin_models.market.timeframe import parse_timeframe
from coin_models.settings.market import MarketSettings
from coin_models.settings.root import Settings
from coin_models.settings.trading import TradingSettings
from coin_models.settings.training import TrainingSettings
from coin_models.trading.costs import build_costs
from coin_models.trading.forecasts import Forecasts
from coin_models.trading.volatility_book import (
    VolatilityDay,
    VolatilityFigures,
    measure_volatility_book,
    period_rows,
    run_volatility_book,
    volatility_book_rules,
)

Books = dict[tuple[str, str], list[tuple[date, VolatilityDay]]]
"""(forecaster, coin) to its days."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the walk and prints one line per forecaster, then per coin of what is published; or JSON."""
    options = parse(arguments)
    logging.getLogger("coin_models").setLevel(logging.WARNING)
    settings = Settings(
        source="files",
        market=MarketSettings(files_path=options.data),
        training=TrainingSettings(num_threads=options.threads),
    )
    books = walk(settings, options)
    names = dict.fromkeys(name for name, _ in books)
    figures = {name: [day for (of, _), days in books.items() if of == name for day in days] for name in names}
    lines = {name: measured(days) for name, days in figures.items()}
    lines |= {coin: measured(days) for (name, coin), days in books.items() if name == "published"}
    if options.json:
        json.dump({name: asdict(book_figures) for name, book_figures in lines.items()}, sys.stdout, indent=1)
        return 0
    for name, book_figures in lines.items():
        risk = book_figures.risk_ratio_interval
        span = f" [{risk.low:.2f} to {risk.high:.2f}]" if risk else ""
        print(
            f"{name:10} {book_figures.num_days} days: risk {book_figures.risk_ratio:.3f} of the target{span}, "
            f"below {book_figures.below:.1%}, above {book_figures.above:.1%}, exposure {book_figures.mean_exposure:.2f}, "
            f"turnover {book_figures.turnover_per_day:.2f} a day, return after costs {book_figures.total_return:+.2%}"
        )
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options, with their defaults."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.volatility_book", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of candle files, as for source `files`")
    parser.add_argument("--coins", default=",".join(LIQUID_COINS))
    parser.add_argument("--last-day", type=date.fromisoformat, default=date(2024, 8, 30), help="last day traded")
    parser.add_argument("--days", type=int, default=28, help="number of days traded")
    parser.add_argument("--fit-every", type=int, default=14, help="days traded with each version")
    parser.add_argument("--threads", type=int, default=0, help="0: all cores")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


def measured(days: Sequence[tuple[date, VolatilityDay]]) -> VolatilityFigures:
    """The figures of these days, which must be some."""
    figures = measure_volatility_book(days, bootstrap_samples=TradingSettings().bootstrap_samples)
    if figures is None:
        raise SystemExit("no day could be traded: read fewer days back, or give more history")
    return figures


def walk(settings: Settings, options: argparse.Namespace) -> Books:
    """Fits, then trades day by day."""
    network = Network(settings)
    forecasters = (OfVersions(network, "published"), OfVersions(network, "reference"))
    source = build_source(settings, SystemClock())
    books: Books = {}
    first = options.last_day - timedelta(days=options.days - 1)
    for number in range(0, options.days, options.fit_every):
        num_days = min(options.fit_every, options.days - number)
        days = [first + timedelta(days=number + ahead) for ahead in range(num_days)]
        histories = {coin: read_history(source, coin, days, settings) for coin in options.coins.split(",")}
        network.fit(days[0] - timedelta(days=1), histories)
        for forecaster in forecasters:
            for coin, history in histories.items():
                books.setdefault((forecaster.name, coin), []).extend(trade(forecaster, history, days, settings))
        print(f"{days[-1]}: traded ({number + num_days} of {options.days} days)", file=sys.stderr)
    return books


def trade(
    forecaster: OfVersions, history: CoinHistory, days: Sequence[date], settings: Settings
) -> list[tuple[date, VolatilityDay]]:
    """The coin's days by the product's own book."""
    seconds, horizon = parse_timeframe(settings.timeframe).seconds, horizon_of(settings)
    trading, levels = settings.trading, settings.training.quantiles
    rules = volatility_book_rules(trading)
    traded = []
    for day in days:
        periods = period_rows(
            history.table,
            day,
            horizon=horizon,
            window=settings.training.window_candles,
            candle_seconds=seconds,
        )
        returns: Array = np.full((len(periods.rows), len(levels)), np.nan)
        can = periods.rows >= 0
        returns[can] = forecaster.forecast(history, periods.rows[can])
        forecasts = Forecasts(levels=levels, returns=returns, horizon=horizon)
        book = run_volatility_book(periods, forecasts, rules, build_costs(trading), candle_seconds=seconds)
        if book is not None:
            traded.append((day, book))
    return traded


if __name__ == "__main__":
    sys.exit(main())
