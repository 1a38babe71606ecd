"""Fills a separate PostgreSQL with years of nights, then times daemon, command line and UI on it.

    python -m benchmarks.size [--coins 500] [--days 1095] [--folder KEPT] [--no-browser] [--json]

The full size takes about ten minutes to fill and 15 GB of disk. With `--folder` the filled database is kept and used
again. Without Chromium the pages are left out.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from benchmarks.size.fill import fill
from benchmarks.size.pages import time_pages
from benchmarks.size.sample import train_sample
from benchmarks.size.ticks import time_definitions, time_status, time_ticks
from coin_models.dev_stack.postgres import DATABASE, USER, PostgresServer
from coin_models.dev_stack.process import free_ports
from coin_models.pipeline.services import Services
from coin_models.settings.operations import OperationsSettings
from coin_models.settings.root import Settings
from coin_models_tests.browser.chromium import find_chromium

_PASSWORD = "of-a-benchmark"  # noqa: S105 - a server on loopback, for as long as the benchmark runs
_FILLED = "filled.json"


def main(arguments: Sequence[str] | None = None) -> int:
    """Fills where nothing is filled yet, measures, prints."""
    options = parse(arguments)
    with tempfile.TemporaryDirectory(prefix="coin-models-size-") as scratch:
        folder = (options.folder or Path(scratch)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        server, (port,) = PostgresServer(folder, durable=False), free_ports(1)
        server.up(port=port, password=_PASSWORD)
        try:
            figures = measure(folder, f"postgresql://{USER}:{_PASSWORD}@127.0.0.1:{port}/{DATABASE}", options)
        finally:
            server.process.stop()
    if options.json:
        json.dump(figures, sys.stdout, indent=1)
        return 0
    for name, value in figures.items():
        print(f"{name:<42} {value:,.2f}" if isinstance(value, float) else f"{name:<42} {value}")
    return 0


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options, with their defaults."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.size", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--coins", type=int, default=500)
    parser.add_argument("--days", type=int, default=1095)
    parser.add_argument("--folder", type=Path, help="keep the database here, and use existing data")
    parser.add_argument("--no-browser", action="store_true", help="leave out the pages")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


def measure(folder: Path, url: str, options: argparse.Namespace) -> dict[str, Any]:
    """Everything, in the order in which it is printed."""
    figures = _filled(folder, url, options)
    coins, days = _coins(figures["num_coins"]), _days(date.fromisoformat(figures["last_day"]), figures["num_days"])
    settings = _settings(folder, url, coins, days)
    environment = {
        "COIN_MODELS_HOME": str(folder / "home"),
        "COIN_MODELS_SOURCE": "demo",
        "COIN_MODELS_DATABASE_URL": url,
        "COIN_MODELS_UNIVERSE": ",".join(coins),
        "COIN_MODELS_OPERATIONS_FIRST_DAY": days[0].isoformat(),
    }
    figures |= time_definitions(settings, environment)
    figures |= time_ticks(settings)
    figures |= time_status(environment, len(days))
    if find_chromium() is None or options.no_browser:
        return figures
    return figures | time_pages(folder, environment, coins[7], days[-1].isoformat())


def _filled(folder: Path, url: str, options: argparse.Namespace) -> dict[str, Any]:
    """What the database holds; fills it first where it is empty."""
    note = folder / _FILLED
    if note.exists():
        kept: dict[str, Any] = json.loads(note.read_text(encoding="utf-8"))
        return kept
    sample = train_sample(folder / "sample")
    coins, days = _coins(options.coins), _days(datetime.now(UTC).date() - timedelta(days=1), options.days)
    services = Services(settings=_settings(folder, url, coins, days))
    began = time.monotonic()
    fill(services, sample, coins, days)
    services.database.close()
    figures = {
        "num_coins": len(coins),
        "num_days": len(days),
        "last_day": days[-1].isoformat(),
        "fill_seconds": time.monotonic() - began,
        "log_bytes_per_coin_day": sample.bytes_per_coin_day,
    }
    note.write_text(json.dumps(figures), encoding="utf-8")
    return figures


def _settings(folder: Path, url: str, coins: Sequence[str], days: Sequence[date]) -> Settings:
    return Settings(
        home=folder / "home",
        source="demo",
        universe=tuple(coins),
        database_url=SecretStr(url),
        operations=OperationsSettings(first_day=days[0].isoformat()),
    )


def _coins(number: int) -> list[str]:
    return [f"C{index:03d}" for index in range(number)]


def _days(last: date, number: int) -> list[date]:
    return [last - timedelta(days=back) for back in reversed(range(number))]


if __name__ == "__main__":
    sys.exit(main())
