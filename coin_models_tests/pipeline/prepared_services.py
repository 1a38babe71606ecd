"""Services over a source that a test holds, and a model in use that no registry has."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path

from coin_models.clock import FixedClock
from coin_models.errors import CoinModelsError, StoreUnavailable
from coin_models.market.candles import Candles
from coin_models.market.source import CandleSource
from coin_models.pipeline.services import Services
from coin_models.registry.champions import ChampionLog
from coin_models.registry.forecast import LoadedModel
from coin_models.registry.models_in_use import ModelInUse
from coin_models.registry.versions import ModelVersion, version_of_manifest
from coin_models.settings.root import Settings
from coin_models.storage.memory import MemoryStore
from coin_models_tests.registry import builders

NOW = datetime(2024, 8, 16, 2, 0, tzinfo=UTC)


class LiveSource:
    """Candles of any coin that close as the clock moves on; what `errors` holds for a coin is raised."""

    name = "live"

    def __init__(self, clock: FixedClock, *, ends: datetime | None = None) -> None:
        first = NOW.date() - timedelta(days=9)
        self._candles, self._clock, self._ends = builders.candles(12 * 288, first=first), clock, ends
        self.asked: list[str] = []
        self.errors: dict[str, CoinModelsError] = {}

    def coins(self) -> tuple[str, ...]:
        return ("BTC", "ETH")

    def fetch(self, coin: str, first: date, last: date) -> Candles:
        self.asked.append(coin)
        if coin in self.errors:
            raise self.errors[coin]
        until = min(self._clock.now(), self._ends or self._clock.now())
        return self._candles.slice_days(first, last).closed_by(until)


@dataclass(frozen=True, kw_only=True)
class PreparedServices(Services):
    """The parts, over the source given."""

    prepared: CandleSource

    @cached_property
    def source(self) -> CandleSource:
        """The one given."""
        return self.prepared


def prepared(
    folder: Path, *, coins: tuple[str, ...] = ("BTC", "ETH"), ends: datetime | None = None
) -> tuple[PreparedServices, LiveSource, FixedClock]:
    """A home in which nothing is published, its source and its clock."""
    clock = FixedClock(NOW)
    source = LiveSource(clock, ends=ends)
    settings = Settings(home=folder, universe=coins)
    return PreparedServices(settings=settings, clock=clock, prepared=source), source, clock


def model_in_use(coin: str = "BTC") -> ModelInUse:
    """A champion."""
    bundle = builders.bundle(coin)
    version = version_of_manifest(bundle.manifest, bundle.manifest.encode())
    return ModelInUse(version=version, model=LoadedModel(bundle=bundle, version_id=version.id))


@dataclass(frozen=True, kw_only=True)
class ServicesInMemory(PreparedServices):
    """The parts, objects in a memory that may be away."""

    away: list[str] = field(default_factory=list)

    @cached_property
    def store(self) -> MemoryStore:
        return MemoryStore(fault=self._fault)

    def _fault(self, moment: str, key: str) -> None:
        if moment in self.away:
            raise StoreUnavailable(f"the bucket with {key} does not answer")

    def publish(self, coin: str, seed: int = 0) -> ModelVersion:
        """A champion."""
        made = builders.bundle(coin, fingerprint=f"{seed:x}".ljust(64, "0"), seed=seed)
        version = self.registry.publish(made, lease=None)
        ChampionLog(self.database).decide(builders.decision(version.id, "promote", coin=coin))
        return version


def services_in_memory(folder: Path, coins: tuple[str, ...] = ("BTC", "ETH")) -> ServicesInMemory:
    """A home in which nothing is published, over a live source."""
    clock = FixedClock(NOW)
    return ServicesInMemory(settings=Settings(home=folder, universe=coins), clock=clock, prepared=LiveSource(clock))
