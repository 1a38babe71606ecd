"""A night in which places are unavailable for some hours: the schedule's run, then a tick of the resume sensor a minute."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property

from dagster import AssetKey, AssetMaterialization, DagsterInstance
from sqlalchemy import event

from coin_models.clock import Clock
from coin_models.db.engine import Database
from coin_models.db.opening import open_database
from coin_models.defs.runs import NIGHTLY
from coin_models.defs.sensors.resuming import Resumption, what_to_resume
from coin_models.errors import CoinModelsError, DatabaseUnavailable, SourceUnavailable, StoreUnavailable
from coin_models.market.candles import Candles
from coin_models.market.source import CandleSource
from coin_models.operations.retry import Tries
from coin_models.pipeline.services import Services
from coin_models.pipeline.train.outcome import CoinOutcome
from coin_models.pipeline.worker import open_worker
from coin_models.registry.versions import ModelVersion
from coin_models.settings.root import Settings
from coin_models.storage.memory import MemoryStore
from coin_models.training.interruption.providers import build_preemption_monitor
from coin_models_tests.pipeline.derived.settling import settle
from coin_models_tests.pipeline.killable import DAY, World
from coin_models_tests.pipeline.shared_worlds import carry_out

TICK = timedelta(minutes=1)


NO_NAME = "Temporary failure in name resolution"


@dataclass(slots=True, kw_only=True)
class Outage:
    """What does not answer until an instant."""

    clock: Clock
    until: datetime
    places: Collection[str]  # source, store, database
    coins: Collection[str]  # of which the source delivers nothing
    words: str = "503"
    is_on: bool = False  # it begins with the night's run
    refused: list[str] = field(default_factory=list)  # a coin for each request to the source

    def of(self, place: str) -> bool:
        return self.is_on and place in self.places and self.clock.now() < self.until


@dataclass(frozen=True, slots=True)
class SourceThatIsAway:
    """A source that until an instant raises whatever it is asked about some coins."""

    source: CandleSource
    outage: Outage

    @property
    def name(self) -> str:
        return self.source.name

    def coins(self) -> tuple[str, ...]:
        return self.source.coins()

    def fetch(self, coin: str, first: date, last: date) -> Candles:
        if coin in self.outage.coins and self.outage.of("source"):
            self.outage.refused.append(coin)
            raise SourceUnavailable(f"tried to fetch {coin}: {self.outage.words}; it is asked again later")
        return self.source.fetch(coin, first, last)


@dataclass(frozen=True, kw_only=True)
class ServicesInAnOutage(Services):
    memory: MemoryStore
    outage: Outage

    @cached_property
    def store(self) -> MemoryStore:
        def fault(_moment: str, key: str) -> None:
            if self.outage.of("store"):
                raise StoreUnavailable(f"tried to reach {key}: {self.outage.words}")

        self.memory.fault = fault
        return self.memory

    @cached_property
    def source(self) -> SourceThatIsAway:
        return SourceThatIsAway(Services(settings=self.settings, clock=self.clock).source, self.outage)

    @cached_property
    def database(self) -> Database:
        database = open_database(self.settings)

        def refuse(*_arguments: object) -> None:
            if self.outage.of("database"):
                raise DatabaseUnavailable(f"the database: {self.outage.words}")

        event.listen(database.engine, "before_cursor_execute", refuse)
        return database


class OutageNight:
    """The night of `DAY`, from 02:00 on; `asked` and `times` grow by one with every run that the sensor requests."""

    def __init__(
        self,
        world: World,
        instance: DagsterInstance,
        *,
        span: timedelta,
        away: Sequence[str] | None = None,
        places: Collection[str] = ("source",),
        words: str = "503",
    ) -> None:
        self.coins, self.clock, self.instance = world.coins, world.clock, instance
        self.began = self.clock.now()
        coins = world.coins if away is None else away
        self.outage = Outage(clock=world.clock, until=self.began + span, places=places, coins=coins, words=words)
        settings = _without_waiting(world.settings)
        self.services = ServicesInAnOutage(
            settings=settings, clock=world.clock, memory=world.memory, outage=self.outage
        )
        self.ticks: list[Resumption] = []
        self.asked: list[Mapping[date, Sequence[str]]] = []
        self.times: list[timedelta] = []  # since 02:00
        self.outcomes: list[CoinOutcome] = []
        self.published_at: list[datetime] = []  # when each run ended that published something
        self.errors: list[CoinModelsError] = []  # that ended a tick or a run

    def nightly(self) -> None:
        """What the schedule does at 02:00: it requests every night from now on, and runs the first."""
        self.services.requests.ask(DAY, None, None, NIGHTLY)
        self.outage.is_on = True
        self._run(DAY, self.coins)
        self.clock.advance(TICK)

    def tick(self) -> None:
        """One look of the resume sensor; what it requests is run."""
        try:
            resumption = what_to_resume(self.services, self.instance, self.coins)
        except CoinModelsError as error:
            self.errors.append(error)
            self.clock.advance(TICK)
            return
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
        try:
            with open_worker(self.services, build_preemption_monitor(self.services.settings.interruption)) as worker:
                finished = [item for item in carry_out(worker, (day, tuple(coins))) if isinstance(item, CoinOutcome)]
        except CoinModelsError as error:
            self.errors.append(error)
            return
        self.outcomes += finished
        if any(outcome.version is not None for outcome in finished):
            self.published_at.append(self.clock.now())
        for outcome in finished:
            if outcome.version is not None:
                event = AssetMaterialization(AssetKey(["model", outcome.coin]), partition=day.isoformat())
                self.instance.report_runless_asset_event(event)
        wanted = [outcome.key for outcome in self.outcomes if outcome.version is not None]
        settle(self.services, [day], self.coins, wanted=wanted)


def _without_waiting(settings: Settings) -> Settings:
    """Time does not pass while a call waits here: the first answer counts."""
    operations = settings.operations.model_copy(update={"database_wait_seconds": 0.0})
    return settings.model_copy(update={"operations": operations})
