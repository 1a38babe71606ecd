"""A night in which the source is unavailable for some hours: the schedule's run, then a tick of the resume sensor a minute."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property

from dagster import AssetKey, AssetMaterialization, DagsterInstance

from coin_models.clock import Clock
from coin_models.defs.runs import NIGHTLY
from coin_models.defs.sensors.resuming import Resumption, what_to_resume
from coin_models.errors import SourceUnavailable
from coin_models.market.candles import Candles
from coin_models.market.source import CandleSource
from coin_models.operations.retry import Tries
from coin_models.pipeline.services import Services
from coin_models.pipeline.train.outcome import CoinOutcome
from coin_models.pipeline.worker import open_worker
from coin_models.registry.versions import ModelVersion
from coin_models.storage.memory import MemoryStore
from coin_models.training.interruption.providers import build_preemption_monitor
from coin_models_tests.pipeline.derived.settling import settle
from coin_models_tests.pipeline.killable import DAY, World
from coin_models_tests.pipeline.shared_worlds import carry_out

TICK = timedelta(minutes=1)


@dataclass(slots=True)
class SourceThatIsAway:
    """A source that until an instant raises whatever it is asked about some coins."""

    source: CandleSource
    clock: Clock
    until: datetime
    away: Sequence[str]
    refused: list[str] = field(default_factory=list)  # a coin for each request

    @property
    def name(self) -> str:
        return self.source.name

    def coins(self) -> tuple[str, ...]:
        return self.source.coins()

    def fetch(self, coin: str, first: date, last: date) -> Candles:
        if coin in self.away and self.clock.now() < self.until:
            self.refused.append(coin)
            raise SourceUnavailable(f"tried to fetch {coin}: the exchange answered 503; it is asked again later")
        return self.source.fetch(coin, first, last)


@dataclass(frozen=True, kw_only=True)
class ServicesInAnOutage(Services):
    memory: MemoryStore
    until: datetime
    away: tuple[str, ...]

    @cached_property
    def store(self) -> MemoryStore:
        return self.memory

    @cached_property
    def source(self) -> SourceThatIsAway:
        there = Services(settings=self.settings, clock=self.clock).source
        return SourceThatIsAway(there, self.clock, self.until, self.away)


class OutageNight:
    """The night of `DAY`, from 02:00 on; `asked` and `times` grow by one with every run that the sensor requests."""

    def __init__(self, world: World, instance: DagsterInstance, *, away: Sequence[str], span: timedelta) -> None:
        self.coins, self.clock, self.instance = world.coins, world.clock, instance
        self.began = self.clock.now()
        self.services = ServicesInAnOutage(
            settings=world.settings,
            clock=world.clock,
            memory=world.memory,
            until=self.began + span,
            away=tuple(away),
        )
        self.ticks: list[Resumption] = []
        self.asked: list[Mapping[date, Sequence[str]]] = []
        self.times: list[timedelta] = []  # since 02:00
        self.outcomes: list[CoinOutcome] = []

    def nightly(self) -> None:
        """What the schedule does at 02:00: it requests every night from now on, and runs the first."""
        self.services.requests.ask(DAY, None, None, NIGHTLY)
        self._run(DAY, self.coins)
        self.clock.advance(TICK)

    def tick(self) -> None:
        """One look of the resume sensor; what it requests is run."""
        resumption = what_to_resume(self.services, self.instance, self.coins)
        self.ticks.append(resumption)
        if resumption.wanted:
            self.asked.append(resumption.wanted)
            self.times.append(self.clock.now() - self.began)
        for day, coins in resumption.wanted.items():
            self._run(day, coins)
        self.clock.advance(TICK)

    def until(self, span: timedelta) -> None:
        """A tick a minute, until so long after 02:00."""
        while self.clock.now() < self.began + span:
            self.tick()

    def versions(self) -> dict[str, ModelVersion]:
        """By coin; one that is published twice fails."""
        versions = self.services.registry.versions()
        by_coin = {version.coin: version for version in versions}
        assert len(by_coin) == len(versions)
        return by_coin

    def tries(self) -> dict[str, Tries]:
        """The errors at each coin, whatever version was tried."""
        return {coin: tries for (coin, _, _), tries in self.services.attempts.failures(DAY, DAY).items()}

    def _run(self, day: date, coins: Sequence[str]) -> None:
        """Candles, models, Dagster's events, then trades, patterns and report: as the run of the day does."""
        with open_worker(self.services, build_preemption_monitor(self.services.settings.interruption)) as worker:
            finished = [item for item in carry_out(worker, (day, tuple(coins))) if isinstance(item, CoinOutcome)]
        self.outcomes += finished
        for outcome in finished:
            if outcome.version is not None:
                event = AssetMaterialization(AssetKey(["model", outcome.coin]), partition=day.isoformat())
                self.instance.report_runless_asset_event(event)
        wanted = [outcome.key for outcome in self.outcomes if outcome.version is not None]
        settle(self.services, [day], self.coins, wanted=wanted)
