"""Shadow trades on the demo market by three traders: an oracle that knows its law, the newest version of the real
chain, a coin-flip.

    python -m benchmarks.oracle [--coins SOL,DOGE,...] [--days 10] [--last-day 2024-08-25] [--threads 0] [--json]

The versions come from the daily chain in a separate home: candles fetched, models fitted with the production settings
and published, each day traded by the newest version of the days before. The others trade the same coin-days through the same
policy at the same costs. The demo market has a planted signal, so the oracle's result is the most that the policy can
earn there on average, and the coin-flip's result shows its costs.
"""

import argparse
import json
import logging
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks.demo_oracle import oracle_forecast
from coin_models.features.table import FeatureTable
from coin_models.market.asking import CandleProblem
from coin_models.pipeline.candles import fetch_candles
from coin_models.pipeline.plan.recipe import first_candle_day
from coin_models.pipeline.services import Services
from coin_models.pipeline.shadow_trades import trade_day
from coin_models.pipeline.train.run import retrain
from coin_models.pipeline.worker import open_worker
from coin_models.settings.root import Settings
from coin_models.settings.training import TrainingSettings
from coin_models.trading.shadow_day import Forecaster, ForecastShape, ScoredDay, run_day
from coin_models.trading.trades import Role, Trader
from coin_models.training.interruption.providers import build_preemption_monitor

Array = NDArray[np.float64]

ORACLE, VERSION, COIN_FLIP = "oracle", "newest version", "coin flip"


@dataclass(frozen=True)
class Oracle:
    """Knows the law of the market, not its noise."""

    quantiles: dict[int, Array]  # open time -> log returns

    @classmethod
    def of(cls, settings: Settings, services: Services, coin: str, day: date) -> "Oracle":
        """For one coin's day."""
        training, seed = settings.training, settings.market.demo_seed
        truth = oracle_forecast(
            seed,
            coin,
            services.timeframe,
            day,
            day,
            horizon=training.horizon_candles(services.timeframe.seconds),
            quantiles=training.quantiles,
        )
        return cls(dict(zip(map(int, truth.candles.open_time_ms), truth.quantiles, strict=True)))

    def log_returns(self, table: FeatureTable, rows: NDArray[np.int64]) -> Array:
        """The true conditional quantiles; NaN on other days, which only the volatility book looks at."""
        unknown = np.full_like(next(iter(self.quantiles.values())), np.nan)
        return np.array([self.quantiles.get(int(time_ms), unknown) for time_ms in table.open_time_ms[rows]])


@dataclass(frozen=True)
class CoinFlip:
    """As sure of itself as the oracle, as wide an interval, and the direction by chance, again for each horizon."""

    oracle: Oracle
    horizon: int
    seed: int

    def log_returns(self, table: FeatureTable, rows: NDArray[np.int64]) -> Array:
        """The oracle's quantiles, mirrored or not."""
        truth = self.oracle.log_returns(table, rows)
        heads = np.random.default_rng(self.seed).random(int(rows[-1]) // self.horizon + 1) < 0.5
        mirrored = heads[rows // self.horizon]
        return np.where(mirrored[:, None], -truth[:, ::-1], truth)


@dataclass(frozen=True, kw_only=True)
class Earned:
    """What one of the traders made of one coin's day."""

    coin: str
    day: date
    trader: str
    pnl_usd: float
    num_trades: int


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the benchmark and prints a table, or JSON."""
    options = parse(arguments)
    logging.getLogger("coin_models").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory(prefix="coin-models-oracle-") as home:
        settings = Settings(
            home=Path(home),
            universe=tuple(options.coins.split(",")),
            training=TrainingSettings(num_threads=options.threads),
        )
        days = [options.last_day - timedelta(days=age) for age in reversed(range(options.days))]
        earned = compare(settings, days)
    if options.json:
        json.dump(summarise(earned), sys.stdout, indent=1)
    else:
        print_table(summarise(earned))
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options, with their defaults."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.oracle", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--coins", default="SOL,DOGE,UNI,APT,ARB,ICP,NEAR,OP")
    parser.add_argument("--last-day", type=date.fromisoformat, default=date(2024, 8, 25), help="last day traded")
    parser.add_argument("--days", type=int, default=10, help="number of days traded")
    parser.add_argument("--threads", type=int, default=0, help="threads of the fit; 0: all cores")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


def compare(settings: Settings, days: Sequence[date]) -> list[Earned]:
    """Runs the chain over the day before the first, for its versions, and over the days; trades them three ways."""
    services = Services(settings=settings)
    coins = services.source.coins() if not settings.universe else settings.universe
    earned: list[Earned] = []
    with open_worker(services, build_preemption_monitor(settings.interruption)) as worker:
        for day in [days[0] - timedelta(days=1), *days]:
            for stored in fetch_candles(services, day, coins):
                if isinstance(stored, CandleProblem):
                    raise stored.error
            failed = [outcome.reason for outcome in retrain(worker, day, coins) if outcome.version is None]
            if failed:
                raise RuntimeError(f"{day}: {'; '.join(map(str, failed))}")
            for traded in trade_day(services, day, coins):
                if traded.traded is None:
                    raise RuntimeError(f"{traded.coin} of {day}: {traded.failure}")
                newest = max(traded.traded.results, key=lambda r: r.trader.role is Role.CHALLENGER, default=None)
                if newest is not None and day in days:
                    earned.append(_earned(traded.coin, day, VERSION, newest.pnl_usd, len(newest.trades)))
                    earned += _others(services, traded.coin, day)
            print(f"{day}: done", file=sys.stderr)
    services.database.close()
    return earned


def _others(services: Services, coin: str, day: date) -> list[Earned]:
    """The oracle and the coin-flip on the same coin-day."""
    settings, training = services.settings, services.settings.training
    history = services.candles.read_range([coin], first_candle_day(day, settings), day)[coin]
    coin_day = ScoredDay.of(history, day, settings.market)
    horizon = training.horizon_candles(services.timeframe.seconds)
    shape = ForecastShape(levels=training.quantiles, horizon=horizon, window=training.window_candles)
    oracle = Oracle.of(settings, services, coin, day)
    coin_flip = CoinFlip(oracle, horizon, seed=day.toordinal() * 1000 + sum(coin.encode()))
    traders: dict[str, Forecaster] = {ORACLE: oracle, COIN_FLIP: coin_flip}
    earned = []
    for name, forecaster in traders.items():
        trader = Trader(coin=coin, day=day, role=Role.CHAMPION, version_id=name, resumed=False)
        result = run_day(trader, forecaster, shape, coin_day, settings.trading)
        earned.append(_earned(coin, day, name, result.pnl_usd, len(result.trades)))
    return earned


def _earned(coin: str, day: date, trader: str, pnl_usd: float, num_trades: int) -> Earned:
    return Earned(coin=coin, day=day, trader=trader, pnl_usd=pnl_usd, num_trades=num_trades)


def summarise(earned: Sequence[Earned]) -> dict[str, Any]:
    """Totals by trader, and where the newest version lies between coin-flip (0) and oracle (1)."""
    totals = {
        name: {
            "pnl_usd": round(sum(one.pnl_usd for one in earned if one.trader == name), 2),
            "num_trades": sum(one.num_trades for one in earned if one.trader == name),
        }
        for name in (ORACLE, VERSION, COIN_FLIP)
    }
    span = totals[ORACLE]["pnl_usd"] - totals[COIN_FLIP]["pnl_usd"]
    return {
        "num_coin_days": sum(one.trader == VERSION for one in earned),
        "totals": totals,
        "share_of_the_way": (totals[VERSION]["pnl_usd"] - totals[COIN_FLIP]["pnl_usd"]) / span if span else None,
    }


def print_table(report: dict[str, Any]) -> None:
    """A line per trader."""
    table = Table(title=f"Shadow trades on the demo market, {report['num_coin_days']} coin-days, costs included")
    table.add_column("trader")
    for name in ("trades", "P&L [USD]"):
        table.add_column(name, justify="right")
    for name, total in report["totals"].items():
        table.add_row(name, str(total["num_trades"]), f"{total['pnl_usd']:+,.0f}")
    console = Console()
    console.print(table)
    console.print(f"the newest version is {report['share_of_the_way']:.0%} of the way from coin-flip to oracle")


if __name__ == "__main__":
    sys.exit(main())
