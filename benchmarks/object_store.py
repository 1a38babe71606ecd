"""Reading 20 coins x 90 days of candles and publishing 20 models: on a fresh local stack, and in a folder for comparison.

    python -m benchmarks.object_store [--coins 20] [--days 90] [--repeat 3] [--json]

Of each measurement the quickest repetition counts; `cpu` is this process's, the servers' not included. Reading is what a
night does before the fit (`CandleStore.read_range`), publishing what it does after it (`Registry.publish_many`): weights,
manifest, row, for networks of the default size.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np
from pydantic import SecretStr
from rich.console import Console
from rich.table import Table

from coin_models.clock import SystemClock
from coin_models.dev_stack.stack import LocalStack, StackAccess
from coin_models.features.scaling import FeatureScaling
from coin_models.market.sources.demo import DemoSource
from coin_models.market.sources.demo_coins import DEMO_COINS
from coin_models.market.timeframe import parse_timeframe
from coin_models.models.architecture import Architecture
from coin_models.pipeline.plan.recipe import architecture_of
from coin_models.pipeline.services import Services
from coin_models.registry.bundle import Bundle, Manifest, make_bundle
from coin_models.registry.versions import Publication
from coin_models.settings.root import Settings

LAST_DAY = date(2024, 8, 15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    wall_seconds: float
    cpu_seconds: float


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--coins", type=int, default=20)
    parser.add_argument("--days", type=int, default=90)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args(arguments)
    coins = list(DEMO_COINS)[: options.coins]
    with tempfile.TemporaryDirectory(prefix="coin-models-bench-") as folder, stack_in(Path(folder)) as access:
        places = {"folder": embedded_settings(Path(folder)), "stack": stack_settings(Path(folder), access)}
        taken = {
            name: measure(Services(settings=settings), coins, options.days, options.repeat)
            for name, settings in places.items()
        }
    if options.json:
        print(json.dumps({name: {what: as_json(t) for what, t in by.items()} for name, by in taken.items()}, indent=2))
    else:
        print_table(taken, len(coins), options.days)
    return 0


@contextmanager
def stack_in(folder: Path) -> Iterator[StackAccess]:
    stack = LocalStack(folder / "stack")
    try:
        yield stack.up()
    finally:
        stack.down()


def embedded_settings(folder: Path) -> Settings:
    return Settings(home=folder / "embedded", database_url=None, store_url=None, store_endpoint_url=None)


def stack_settings(folder: Path, access: StackAccess) -> Settings:
    return Settings(
        home=folder / "on_stack",
        source="demo",
        database_url=SecretStr(access.database_url),
        store_url=access.store_url,
        store_endpoint_url=access.s3_endpoint_url,
        store_access_key_id=SecretStr(access.s3_access_key_id),
        store_secret_access_key=SecretStr(access.s3_secret_access_key),
    )


def measure(services: Services, coins: Sequence[str], num_days: int, repeat: int) -> dict[str, Taken]:
    """What reading and publishing take, each the quickest of that many repetitions."""
    source = DemoSource(7, parse_timeframe("5m"), SystemClock())
    days = [LAST_DAY - timedelta(days=back) for back in reversed(range(num_days))]
    for coin in coins:
        candles = source.fetch(coin, days[0], days[-1])
        services.candles.write_days(coin, {day: candles.slice_days(day, day) for day in days})
    network = architecture_of(services.settings)
    batches = iter(
        [
            Publication(bundle=bundle(network, coin, LAST_DAY - timedelta(days=number)), lease=None, session_id=None)
            for coin in coins
        ]
        for number in range(repeat)
    )
    return {
        "read": quickest(repeat, lambda: services.candles.read_range(coins, days[0], days[-1])),
        "publish": quickest(repeat, lambda: publish(services, next(batches))),
    }


def publish(services: Services, publications: Sequence[Publication]) -> None:
    failures = services.registry.publish_many(publications).failures
    if failures:
        raise next(iter(failures.values()))


def quickest(repeat: int, work: Callable[[], object]) -> Taken:
    taken_times = []
    for _ in range(repeat):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        taken_times.append(Taken(wall_seconds=time.perf_counter() - wall, cpu_seconds=time.process_time() - cpu))
    return min(taken_times, key=lambda taken: taken.wall_seconds)


def bundle(network: Architecture, coin: str, day: date) -> Bundle:
    """A model of random weights; its fingerprint is made of its name."""
    random = np.random.default_rng(7)
    ones = np.ones(network.num_features, dtype=np.float32)
    manifest = Manifest(
        coin=coin,
        day=day,
        fingerprint=f"{coin}{day}".encode().hex().ljust(64, "0"),
        parent_id=None,
        candle_digest="c" * 64,
        architecture=network,
        scaling=FeatureScaling(center=ones, scale=ones),
        max_fill_candles=6,
        settings={},
        metrics={},
        loss_curve={},
        best_epoch=0,
        code_version="benchmark",
        created_at=SystemClock().now(),
        weights_sha256="",
    )
    return make_bundle(
        manifest,
        {name: random.normal(0, 0.2, shape).astype(np.float32) for name, shape in network.parameter_shapes().items()},
    )


def as_json(taken: Taken) -> dict[str, float]:
    return {"wall_seconds": round(taken.wall_seconds, 4), "cpu_seconds": round(taken.cpu_seconds, 4)}


def print_table(taken: dict[str, dict[str, Taken]], num_coins: int, num_days: int) -> None:
    table = Table(title=f"{num_coins} coins x {num_days} days read, {num_coins} models published")
    for name in ("", "folder [s]", "cpu [s]", "stack [s]", "cpu [s]", "stack / folder"):
        table.add_column(name, justify="right" if name else "left")
    for what in ("read", "publish"):
        folder, stack = taken["folder"][what], taken["stack"][what]
        seconds = (folder.wall_seconds, folder.cpu_seconds, stack.wall_seconds, stack.cpu_seconds)
        table.add_row(what, *(f"{each:.2f}" for each in seconds), f"{stack.wall_seconds / folder.wall_seconds:.1f}")
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
