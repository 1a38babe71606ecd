"""Answers for 500 coins: fills a home with published versions of the default size, then times `predict --all` on it.

    python -m benchmarks.predict_all [--coins 500] [--runs 3] [--folder KEPT]

Weights are random, and the candles of the demo market are made before the clock starts: a source's own time (an exchange's
rate limit, a folder's files) is not ours. Printed are seconds of wall and of CPU of

* start: a process that imports and opens what `predict` needs, and forecasts one coin;
* first: champions, models and candles of all coins read, all forecast;
* new candles: all forecast again, with the models in memory, as `serve` does every five minutes;
* same candles: all answered again, as `serve` does in between;
* poll: who forecasts now, asked again, nothing having changed.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np

from coin_models.clock import Clock, FixedClock
from coin_models.features.scaling import FeatureScaling
from coin_models.market.candles import Candles
from coin_models.market.source import CandleSource
from coin_models.market.sources.demo import DemoSource
from coin_models.market.timeframe import Timeframe
from coin_models.market.universe import resolve_universe
from coin_models.models.architecture import FURTHER_SHARE, NETWORK_SHARE, Architecture
from coin_models.models.boosting import _NUM_LEAVES, _NUM_TREES
from coin_models.pipeline.forecast import Forecaster
from coin_models.pipeline.services import Services, open_services
from coin_models.registry.bundle import Bundle, Manifest, make_bundle
from coin_models.registry.champions import ChampionLog
from coin_models.registry.versions import ChampionDecision, ModelVersion, Publication
from coin_models.settings.market import MarketSettings
from coin_models.settings.root import Settings

_NOW: Final = datetime(2024, 8, 16, 2, 1, tzinfo=UTC)
_DAY: Final = date(2024, 8, 15)
_START = (
    "from coin_models.pipeline.services import open_services\n"
    "from coin_models.pipeline.forecast import forecast_now\n"
    "from coin_models.settings.load import load_settings\n"
    "with open_services(load_settings(), create=False) as services:\n"
    "    forecast_now(services, 'BTC')\n"
)


class PreparedSource:
    """Candles that are in memory, of an hour to come too; those that have closed are served."""

    name: Final = "prepared"

    def __init__(self, settings: Settings, timeframe: Timeframe, clock: Clock) -> None:
        self._clock, coins = clock, resolve_universe(settings)
        first, end = clock.now() - timedelta(days=8), clock.now() + timedelta(hours=1)
        demo = DemoSource(settings.market.demo_seed, timeframe, FixedClock(end), len(coins))
        self._candles = {coin: demo.fetch(coin, first.date(), end.date()) for coin in coins}

    def coins(self) -> tuple[str, ...]:
        """All that were prepared."""
        return tuple(self._candles)

    def fetch(self, coin: str, first: date, last: date) -> Candles:
        """A copy, as a source that reads gives one."""
        return self._candles[coin].slice_days(first, last).closed_by(self._clock.now())


class PreparedServices(Services):
    """The parts, over candles in memory."""

    @cached_property
    def source(self) -> CandleSource:
        """Made before the clock starts."""
        return PreparedSource(self.settings, self.timeframe, self.clock)


def main(arguments: Sequence[str] | None = None) -> int:
    """Fills, measures, prints."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.predict_all", description=__doc__.split("\n", 1)[0])
    parser.add_argument("--coins", type=int, default=500)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="keep the home here, and use an existing one")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="coin-models-predict-all-") as scratch:
        home = options.folder or Path(scratch) / "home"
        settings = Settings(home=home, source="demo", market=MarketSettings(demo_coins=options.coins))
        if not home.exists():
            fill(settings)
        print(f"{options.coins} coins", end="; ")
        measure(settings, options.runs)
    return 0


def fill(settings: Settings) -> None:
    """A version and a champion of each coin."""
    coins = resolve_universe(settings)
    with open_services(settings, create=True) as services:
        bundles = [_bundle(settings, coin, number) for number, coin in enumerate(coins)]
        published = services.registry.publish_many([Publication(bundle=bundle) for bundle in bundles])
        log = ChampionLog(services.database)
        for version in published.versions.values():
            log.decide(_decision(version))
        size = sum(len(bundle.encoded_weights) for bundle in bundles) / len(bundles)
        print(f"{len(coins)} versions of {size / 1024:.0f} KiB published")


def _bundle(settings: Settings, coin: str, seed: int) -> Bundle:
    """Random weights that give a forecast of about the volatility's width."""
    rng = np.random.default_rng(seed)
    architecture = Architecture.of(settings.training, timeframe=Services(settings=settings).timeframe)
    tensors = {
        name: rng.normal(0, 0.05, shape).astype(np.float32) for name, shape in architecture.tensor_shapes().items()
    }
    levels = np.linspace(-1.2, 1.2, len(architecture.quantiles), dtype=np.float32)
    tensors |= {NETWORK_SHARE: np.array([0.33], np.float32), FURTHER_SHARE: np.ones(1, np.float32)}
    tensors |= {"reference.scale": np.ones_like(tensors["reference.scale"]), "reference.quantiles": levels}
    splits = (1 + len(levels), _NUM_TREES, _NUM_LEAVES - 1)
    trees = {
        "features": rng.integers(0, architecture.num_features, splits),
        "thresholds": rng.normal(0, 1, splits),
        "masks": np.full(splits, 126),  # the first leaf is on the left of every split
        "leaves": rng.normal(0, 0.01, (*splits[:2], _NUM_LEAVES)),
        "over_width": levels,
    }
    tensors |= {f"members.lightgbm.{name}": array.astype(np.float32) for name, array in trees.items()}
    return make_bundle(_manifest(coin, architecture, seed), tensors)


def _manifest(coin: str, architecture: Architecture, seed: int) -> Manifest:
    num_features = architecture.num_features
    return Manifest(
        coin=coin,
        day=_DAY,
        fingerprint=f"{seed:064x}",
        parent_id=None,
        candle_digest="c" * 64,
        architecture=architecture,
        scaling=FeatureScaling(center=np.zeros(num_features, np.float32), scale=np.ones(num_features, np.float32)),
        max_fill_candles=6,
        settings={},
        metrics={"validation": {"pinball": 0.3}},
        loss_curve={"train": (0.4, 0.3), "validation": (0.4, 0.3)},
        best_epoch=1,
        code_version="v" * 64,
        created_at=_NOW,
    )


def _decision(version: ModelVersion) -> ChampionDecision:
    return ChampionDecision(
        coin=version.coin,
        day=version.day,
        version_id=version.id,
        decision="promote",
        reason="of the benchmark",
        decided_by="policy",
        decided_at=_NOW,
    )


def measure(settings: Settings, runs: int) -> None:
    """Prints the seconds of each part, of the quickest of some runs."""
    clock = FixedClock(_NOW)
    environment = {
        "COIN_MODELS_HOME": str(settings.home),
        "COIN_MODELS_SOURCE": "demo",
        "COIN_MODELS_MARKET_DEMO_COINS": str(settings.market.demo_coins),
    }
    with PreparedServices(settings=settings, clock=clock) as services:
        coins = services.source.coins()
        first = [_timed(lambda: _first(services, coins)) for _ in range(runs)]
        forecaster = _first(services, coins)
        same = [_timed(forecaster.forecast_all) for _ in range(runs)]
        poll = [_timed(forecaster.refresh) for _ in range(runs)]
        again = []
        for _ in range(runs):
            clock.advance(timedelta(minutes=5))
            again.append(_timed(forecaster.forecast_all))
        answered = forecaster.forecast_all()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{len(answered.forecasts)} forecast, {len(answered.failures)} not; {memory:.0f} MiB of memory")
    command = [sys.executable, "-c", _START]
    start = [_timed(lambda: subprocess.run(command, env=environment, check=True)) for _ in range(runs)]  # noqa: S603
    for name, taken in (
        ("start", start),
        ("first", first),
        ("new candles", again),
        ("same candles", same),
        ("poll", poll),
    ):
        wall, cpu = (min(column) for column in zip(*taken, strict=True))
        print(f"{name:<14} {wall:7.3f} s of wall {cpu:7.3f} s of CPU")


def _first(services: Services, coins: Sequence[str]) -> Forecaster:
    forecaster = Forecaster(services, coins)
    forecaster.refresh()
    forecaster.forecast_all()
    return forecaster


def _timed(act: Callable[[], object]) -> tuple[float, float]:
    """Seconds of wall, and of CPU of this process and its children."""
    began, before = time.perf_counter(), _cpu()
    act()
    return time.perf_counter() - began, _cpu() - before


def _cpu() -> float:
    of = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in of)


if __name__ == "__main__":
    sys.exit(main())
