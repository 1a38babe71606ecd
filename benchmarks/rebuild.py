"""CPU seconds of `coin-models home rebuild`, of made-up manifests and days of candles in a folder that is removed.

`python -m benchmarks.rebuild [--manifests 20000] [--candle-days 2000]`: the last line extrapolates to 500 coins over 3
years, 547,500 of each.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np

from coin_models.clock import FixedClock
from coin_models.features.scaling import FeatureScaling
from coin_models.home.market import market_of
from coin_models.home.records import HomeRecord, write_store_record
from coin_models.market.codec import encode_day
from coin_models.market.history import day_facts, digest_hex
from coin_models.market.sources.demo import DemoSource
from coin_models.market.timeframe import parse_timeframe
from coin_models.pipeline.plan.recipe import architecture_of
from coin_models.pipeline.rebuild import RebuiltHome, rebuild_home
from coin_models.pipeline.services import Services
from coin_models.registry.bundle import Manifest
from coin_models.registry.fingerprint import fingerprint, training_code_version
from coin_models.registry.versions import version_id, version_of_manifest
from coin_models.settings.root import Settings
from coin_models.storage import keys
from coin_models.storage.object_store import ObjectStore, sha256_hex

COIN_DAYS = 500 * 365 * 3
DAYS_PER_COIN = 1095
FIRST = date(2023, 1, 1)
CLOCK = FixedClock(datetime(2026, 3, 1, tzinfo=UTC))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--manifests", type=int, default=20_000)
    parser.add_argument("--candle-days", type=int, default=2_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(home=Path(folder))
        with Services(settings=settings, clock=CLOCK) as services:
            write_store_record(services.store, HomeRecord(home_id="a" * 32, market=market_of(settings)))
            write_manifests(services.store, settings, asked.manifests)
            write_candles(services.store, asked.candle_days)
            measure(services)


def write_manifests(store: ObjectStore, settings: Settings, number: int) -> None:
    """Manifests of default settings, weekly full retrains; weights are one byte, as a rebuild does not read them."""
    pattern = manifest_pattern(settings)
    full = ""
    for index in range(number):
        coin, day = f"COIN{index // DAYS_PER_COIN:03d}", FIRST + timedelta(days=index % DAYS_PER_COIN)
        digest = fingerprint(coin=coin, day=day)
        is_full = index % DAYS_PER_COIN % 7 == 0
        manifest = replace(pattern, coin=coin, day=day, fingerprint=digest, parent_id=None if is_full else full)
        full = version_id(coin, day, digest) if is_full else full
        encoded = manifest.encode()
        version = version_of_manifest(manifest, encoded)
        store.put(version.weights_key, b"0", durable=False)
        store.put(version.manifest_key, encoded, durable=False)


def manifest_pattern(settings: Settings) -> Manifest:
    architecture = architecture_of(settings)
    random = np.random.default_rng(0)
    names = [f"{name}_{level}" for name in ("coverage", "pinball", "skill") for level in architecture.quantiles]
    metrics = {name: float(random.normal()) for name in names}
    return Manifest(
        coin="BTC",
        day=FIRST,
        fingerprint="f" * 64,
        parent_id=None,
        candle_digest="c" * 64,
        architecture=architecture,
        scaling=FeatureScaling(
            center=random.normal(size=architecture.num_features).astype(np.float32),
            scale=random.uniform(1, 2, architecture.num_features).astype(np.float32),
        ),
        max_fill_candles=6,
        settings=settings.training.deciding(),
        metrics={"train": metrics, "validation": metrics},
        loss_curve={split: tuple(random.uniform(size=20).tolist()) for split in ("train", "validation")},
        best_epoch=3,
        code_version=training_code_version(),
        created_at=CLOCK.now(),
        arithmetic=("cpu avx512 torch 2.7.1 float32",),
        weights_sha256=sha256_hex(b"0"),
    )


def write_candles(store: ObjectStore, number: int) -> None:
    """Days of five-minute candles of the demo market, of coins of a year each."""
    timeframe = parse_timeframe("5m")
    year = DemoSource(7, timeframe, CLOCK).fetch("BTC", FIRST, FIRST + timedelta(days=364))
    for index in range(number):
        day = FIRST + timedelta(days=index % 365)
        candles = year.slice_days(day, day)
        key = keys.candle_day("5m", f"COIN{index // 365:03d}", day, digest_hex(day_facts(candles, day)[0]))
        store.put(key, encode_day(candles), durable=False)


def measure(services: Services) -> None:
    began = time.process_time()
    ended: dict[str, float] = {}  # of each part, CPU seconds from the beginning

    def progress(what: str, _done: int, _total: int) -> None:
        ended[what] = time.process_time() - began

    rebuilt, cpu, wall = timed(lambda: rebuild_home(services, progress))
    again, cpu_again, _ = timed(lambda: rebuild_home(services, lambda *_: None))
    versions, days = rebuilt.versions.num_added, rebuilt.days.num_added
    if rebuilt.left_out or again.versions.num_added:
        raise SystemExit(f"not a rebuild: {len(rebuilt.left_out)} left out, {again.versions.num_added} added twice")
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(f"{versions:,} manifests, {days:,} days of candles: {cpu:.1f} s of CPU, {wall:.1f} s, {memory:,.0f} MB")
    print(f"again, with nothing to add: {cpu_again:.1f} s of CPU")
    of_versions = ended["model versions"]
    each = of_versions / versions, (ended["days of candles"] - of_versions) / days
    print(f"a model version: {each[0] * 1e6:,.0f} us; a day of candles: {each[1] * 1e6:,.0f} us")
    print(f"{COIN_DAYS:,} of each: {each[0] * COIN_DAYS / 60:.1f} and {each[1] * COIN_DAYS / 60:.1f} minutes of CPU")


def timed(work: Callable[[], RebuiltHome]) -> tuple[RebuiltHome, float, float]:
    cpu, wall = time.process_time(), time.perf_counter()
    result = work()
    return result, time.process_time() - cpu, time.perf_counter() - wall


if __name__ == "__main__":
    main()
