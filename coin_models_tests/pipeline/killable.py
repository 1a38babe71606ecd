"""Processes that can be killed at a named instant, over one store and one database that remain.

A killed process writes nothing more: from that instant on its store and its database refuse it, its session stays open,
its attempts stay as they were. The next process is another session, after the reaper.
"""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import event

from coin_models.clock import FixedClock
from coin_models.db.engine import Database
from coin_models.db.opening import open_database
from coin_models.errors import StoreUnavailable
from coin_models.market.asking import CoinCandles
from coin_models.operations.heartbeat import Heartbeat
from coin_models.operations.reaper import reap_sessions
from coin_models.operations.signals import SignalRecorder
from coin_models.pipeline.candles import fetch_candles
from coin_models.pipeline.services import Services
from coin_models.pipeline.train.outcome import CoinOutcome
from coin_models.pipeline.train.run import retrain
from coin_models.pipeline.worker import Worker
from coin_models.registry.versions import ModelVersion
from coin_models.settings.operations import InterruptionSettings, OperationsSettings
from coin_models.settings.root import Settings
from coin_models.settings.training import TrainingSettings
from coin_models.storage.memory import MemoryStore, no_fault
from coin_models.training.interruption.preemption import PreemptionMonitor
from coin_models.training.results import Progress

DAY = date(2026, 3, 10)
COINS = ("BTC", "ETH")
LEASE_SECONDS = 30.0


class Killed(BaseException):
    """SIGKILL, as far as a test in one process can have it."""


@dataclass(slots=True)
class Instant:
    """The n-th time that something happens whose description begins so, or in one of these ways."""

    what: str | tuple[str, ...]
    number: int = 1
    dead: bool = False
    died_at: str = ""  # what it was about to do
    seen: list[str] = field(default_factory=list)

    def pass_by(self, what: str) -> None:
        """Called with everything that is about to happen."""
        if not self.dead and what.startswith(self.what):
            self.number -= 1
            self.dead = self.number == 0
            self.died_at = what if self.dead else ""
        if self.dead:
            if threading.current_thread().name == "checkpoint-writer":
                raise StoreUnavailable("its process is dead")
            raise Killed(what)
        self.seen.append(what)


def never() -> Instant:
    return Instant("nothing begins like this")


@dataclass(frozen=True, kw_only=True)
class MortalServices(Services):
    memory: MemoryStore
    instant: Instant

    @cached_property
    def store(self) -> MemoryStore:
        self.memory.fault = lambda moment, key: self.instant.pass_by(f"{moment} {_kind(key)}")
        return self.memory

    @cached_property
    def database(self) -> Database:
        database = open_database(self.settings)

        def statement(_connection: Any, _cursor: Any, text: str, *_rest: Any) -> None:
            self.instant.pass_by(" ".join(text.split()[:3]))

        event.listen(database.engine, "before_cursor_execute", statement)
        return database


def _kind(key: str) -> str:
    """Such as `models weights` or `checkpoints state`."""
    return f"{key.partition('/')[0]} {key.rpartition('/')[2].partition('.')[0].partition('-')[0]}"


class World:
    """What outlives every process: the store, the database's file, time."""

    def __init__(self, home: Path, *, coins: Sequence[str] = COINS, cohort_size: int = 0) -> None:
        self.coins = tuple(coins)
        self.memory = MemoryStore()
        self.clock = FixedClock(datetime(2026, 3, 11, 2, tzinfo=UTC))
        self.settings = Settings(
            home=home,
            universe=self.coins,
            training=TrainingSettings(
                lookback_days=32, validation_days=3, width=8, epochs=2, num_threads=1, cohort_size=cohort_size,
                full_retrain_every_days=1,  # one cohort: parents of other days are another test's
            ),
            interruption=InterruptionSettings(checkpoint_min_seconds=0.001, checkpoint_max_seconds=0.001),
            operations=OperationsSettings(lease_seconds=LEASE_SECONDS, heartbeat_seconds=0.2),
        )  # fmt: skip

    def services(self, instant: Instant | None = None) -> MortalServices:
        return MortalServices(settings=self.settings, clock=self.clock, memory=self.memory, instant=instant or never())

    def worker(self, instant: Instant | None = None) -> Worker:
        """A running process that is never closed: nothing is written when it ends."""
        services = self.services(instant)
        return Worker(
            services=services,
            session=services.sessions.open(self.settings.costs, code_version="0" * 64),
            heartbeat=Heartbeat(lambda: True, interval_seconds=1.0),
            notice=PreemptionMonitor(self.settings.interruption, (), self.clock),
            signals=SignalRecorder(),
            by_hand=True,
        )

    def fetch(self) -> None:
        """Candles of every coin, once: no test here is about them."""
        for outcome in fetch_candles(self.services(), DAY, self.coins):
            assert isinstance(outcome, CoinCandles), outcome

    def live(
        self,
        instant: Instant | None = None,
        coins: Sequence[str] | None = None,
        progress: Callable[[Progress], None] = lambda progress: None,
    ) -> list[CoinOutcome]:
        """One process retrains the day; what it yielded before it was killed, if it was."""
        worker = self.worker(instant)
        outcomes: list[CoinOutcome] = []
        try:
            for outcome in retrain(worker, DAY, coins or self.coins, progress=progress):
                outcomes.append(outcome)  # noqa: PERF402 - what came before the kill counts
        except Killed:
            pass
        worker.services.database.close()
        self.memory.fault = no_fault
        return outcomes

    def reap(self) -> None:
        """Time passes, and the next one to come clears away."""
        self.clock.advance(timedelta(seconds=LEASE_SECONDS + 1))
        services = self.services()
        patience = OperationsSettings(lease_seconds=LEASE_SECONDS, heartbeat_seconds=LEASE_SECONDS / 2)
        reap_sessions(services.sessions, services.attempts, services.leases, operations=patience)
        services.database.close()

    def versions(self) -> list[ModelVersion]:
        services = self.services()
        versions = services.registry.versions(day=DAY)
        assert list(services.registry.verify(versions)) == []
        services.database.close()
        return versions

    def weights(self) -> dict[str, str]:
        """Digest of each coin's published weights; a coin that is published twice shows."""
        versions = self.versions()
        assert len(versions) == len({version.coin for version in versions})
        return {version.coin: version.weights_sha256 for version in versions}
