"""`coin-models status` of years of a large universe, from made-up rows on SQLite: seconds of the whole command.

    python -m benchmarks.status_at_size [--coins 500] [--days 1095] [--runs 3] [--profile]

Every coin-day except those of the newest 30 days is published under the fingerprint that is wanted now, and has an
attempt. Filling takes about a minute and 900 MB, in a folder that is removed at the end unless it is named.
"""

import argparse
import cProfile
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import insert, text

from coin_models.clock import SystemClock
from coin_models.db.schema import attempts, candle_months, model_versions, sessions
from coin_models.market.history import unknown_days
from coin_models.market.months import month_of, num_days_of, pack_month
from coin_models.pipeline.plan.action import Action
from coin_models.pipeline.plan.gather import plan_now
from coin_models.pipeline.plan.plan import Plan
from coin_models.pipeline.services import Services
from coin_models.settings.operations import OperationsSettings
from coin_models.settings.root import Settings

_NUM_MISSING_DAYS = 30
_BEFORE_DAYS = 120  # of candles before the first day
_ROWS_A_STATEMENT = 20_000
_NOW = datetime.now(UTC)
_DIGESTS = ("architecture_digest", "weights_key", "weights_sha256", "manifest_key", "manifest_sha256", "code_version")
_COMMAND = "from coin_models.cli.main import main; main()"


def main(arguments: Sequence[str] | None = None) -> int:
    """Fills a home, then times the command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.status_at_size", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--coins", type=int, default=500)
    parser.add_argument("--days", type=int, default=1095)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="keep the home here, and use existing data")
    parser.add_argument("--profile", action="store_true", help="say where the time goes")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="coin-models-status-") as scratch:
        home = (options.folder or Path(scratch)).resolve() / "home"
        coins = tuple(f"C{number:03d}" for number in range(options.coins))
        last = SystemClock().now().date() - timedelta(days=1)
        days = [last - timedelta(days=back) for back in reversed(range(options.days))]
        if not home.exists():
            fill(_settings(home, coins, days), coins, days)
        measure(home, coins, days, options)
    return 0


def measure(home: Path, coins: Sequence[str], days: Sequence[date], options: argparse.Namespace) -> None:
    """Prints the seconds of each run, of wall and of CPU, interpreter included."""
    environment = {
        **os.environ,
        "COIN_MODELS_HOME": str(home),
        "COIN_MODELS_SOURCE": "demo",
        "COIN_MODELS_UNIVERSE": ",".join(coins),
        "COIN_MODELS_OPERATIONS_FIRST_DAY": days[0].isoformat(),
    }
    for form in ("table", "json"):
        extra = ["--json"] if form == "json" else []
        command = [sys.executable, "-c", _COMMAND, "status", "--last", str(len(days)), *extra]
        for _ in range(options.runs):
            began, before = time.perf_counter(), os.times()
            subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)  # noqa: S603
            wall, after = time.perf_counter() - began, os.times()
            cpu = after.children_user + after.children_system - before.children_user - before.children_system
            print(f"{len(coins) * len(days):,} coin-days, {form}: {wall:.2f} s of wall, {cpu:.2f} s of CPU")
    if options.profile:
        profile(_settings(home, coins, days), coins, len(days))


def profile(settings: Settings, coins: Sequence[str], num_days: int) -> None:
    """Where the time of the plan and of the states goes."""
    from coin_models.pipeline.status import read_status

    with Services(settings=settings) as services:
        profiler = cProfile.Profile()
        profiler.runcall(read_status, services, last=num_days)
        profiler.print_stats("cumulative")


def fill(settings: Settings, coins: Sequence[str], days: Sequence[date]) -> None:
    """Candles' digests, versions and attempts, as years of nights would have left them."""
    from coin_models.pipeline.services import open_services

    began = time.perf_counter()
    with open_services(settings, create=True) as services:
        _insert(services, candle_months, _months(coins, days))
        names = dict.fromkeys(("id", "machine", "host", "provider", "market", "code_version"), "s")
        times = dict.fromkeys(("started_at", "heartbeat_at", "ended_at"), _NOW)
        session: dict[str, object] = {**names, **times, "price_usd_per_hour": 0.0, "process_id": 1}
        _insert(services, sessions, iter([session]))
        plan = plan_now(services, days[:-_NUM_MISSING_DAYS], coins)
        _insert(services, model_versions, _versions(plan))
        _insert(services, attempts, _attempts(plan))
        with services.database.begin() as connection:
            connection.execute(text("ANALYZE"))
    print(f"filled in {time.perf_counter() - began:.0f} s")


def _insert(services: Services, table: Any, rows: Iterator[dict[str, object]]) -> None:
    with services.database.begin() as connection:
        while batch := [row for row, _ in zip(rows, range(_ROWS_A_STATEMENT), strict=False)]:
            connection.execute(insert(table), batch)


def _months(coins: Sequence[str], days: Sequence[date]) -> Iterator[dict[str, object]]:
    months = sorted(
        {month_of(days[0] - timedelta(days=back)) for back in range(_BEFORE_DAYS)} | set(map(month_of, days))
    )
    for number, coin in enumerate(coins):
        for month in months:
            yield {"timeframe": "5m", "coin": coin, "month": month, "days": _month(month, number), "updated_at": _NOW}


def _month(month: date, number: int) -> bytes:
    """Whole days of a liquid coin; digests differ by coin and day."""
    rows = unknown_days(num_days_of(month))
    numbers = np.arange(len(rows) * 4, dtype=np.uint64).reshape(-1, 4) + np.uint64(month.toordinal() * 4)
    rows["digest"] = numbers * np.uint64(0x9E3779B97F4A7C15) ^ np.uint64(number * 0xD1B54A32D192ED03 % 2**64)
    rows["num_candles"] = rows["num_traded"] = 288
    rows["first_open_ms"], rows["turnover"], rows["volatility"] = 0, 1e9, 0.03
    rows["asked_at"], rows["num_answers"] = int(_NOW.timestamp()), 3
    return pack_month(rows, ["demo"])


def _versions(plan: Plan) -> Iterator[dict[str, object]]:
    for item in plan:
        if item.action is Action.TRAIN:
            yield {
                "id": f"{item.coin}-{item.day}",
                "coin": item.coin,
                "day": item.day,
                "fingerprint": item.fingerprint,
                **dict.fromkeys(_DIGESTS, "x" * 64),
                "metrics": {"validation": {"pinball": 0.1}},
                "created_at": _NOW,
                "resumed": False,
                "fit_seconds": 1.0,
                "num_steps": 10,
            }


def _attempts(plan: Plan) -> Iterator[dict[str, object]]:
    ended = {"outcome": "done", "action": "trained", "started_at": _NOW, "ended_at": _NOW}
    for item in plan:
        yield {"coin": item.coin, "day": item.day, "session_id": "s", "fingerprint": item.fingerprint, **ended}


def _settings(home: Path, coins: Sequence[str], days: Sequence[date]) -> Settings:
    return Settings(
        home=home,
        source="demo",
        universe=tuple(coins),
        operations=OperationsSettings(first_day=days[0].isoformat()),
    )


if __name__ == "__main__":
    sys.exit(main())
