"""A store and a database that two processes share, each of which can be killed while the other continues."""

import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path

from coin_models.db.lease import LeaseToken
from coin_models.market.asking import CandleProblem
from coin_models.operations.heartbeat import Heartbeat
from coin_models.operations.leases import LeaseBook
from coin_models.operations.process import Process
from coin_models.operations.reaper import reap_sessions
from coin_models.operations.signals import SignalRecorder
from coin_models.pipeline.candles import fetch_candles
from coin_models.pipeline.train.outcome import CoinOutcome
from coin_models.pipeline.train.run import retrain
from coin_models.pipeline.worker import Worker
from coin_models.registry.versions import ModelVersion
from coin_models.settings.operations import OperationsSettings
from coin_models.storage.memory import MemoryStore
from coin_models.storage.object_store import ObjectInfo, ObjectStore, sha256_hex
from coin_models.training.interruption.preemption import PreemptionMonitor
from coin_models.training.results import Progress
from coin_models_tests.pipeline.killable import LEASE_SECONDS, Instant, MortalServices, World, never

EVERY_DAYS = 3  # from one full retrain to the next
_STEPS_OF_TIME = 3
_ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)

Job = tuple[date, tuple[str, ...]]


@dataclass(slots=True)
class MortalStore:
    """One process's view of a store: a dead process is refused, the others are not."""

    store: MemoryStore
    instant: Instant

    @property
    def url(self) -> str:
        return self.store.url

    def put(self, key: str, data: bytes, *, if_absent: bool = False, durable: bool = True) -> ObjectInfo:
        self.instant.pass_by(f"put {key}")
        info = self.store.put(key, data, if_absent=if_absent, durable=durable)
        self.instant.pass_by(f"put done {key}")
        return info

    def get(self, key: str, *, sha256: str | None = None) -> bytes:
        self.instant.pass_by(f"get {key}")
        return self.store.get(key, sha256=sha256)

    def get_many(self, wanted: Sequence[str]) -> dict[str, bytes]:
        self.instant.pass_by("get many")
        return self.store.get_many(wanted)

    def list(self, prefix: str) -> list[ObjectInfo]:
        self.instant.pass_by(f"list {prefix}")
        return self.store.list(prefix)

    def delete(self, key: str) -> None:
        self.instant.pass_by(f"delete {key}")
        self.store.delete(key)


class StandingTime:
    """Held by what must not be passed over by a jump of the clock, and by the jump itself."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.num_refused = 0  # leases that another session held


class LeasesWhileTimeStands(LeaseBook):
    """Leases that are taken at one instant: a real clock does not jump by a lease's life while one is written."""

    standing: StandingTime

    def acquire(
        self, names: Sequence[str], session_id: str, *, run_id: str | None = None, lifetime: timedelta | None = None
    ) -> dict[str, LeaseToken]:
        with self.standing.lock:
            held = super().acquire(names, session_id, run_id=run_id, lifetime=lifetime)
            self.standing.num_refused += len(names) - len(held)
        return held

    def renew_as(self, other: "LeasesWhileTimeStands", session_id: str) -> None:
        """Renews what another process holds, by a database that refuses it nothing: its heart beats in its own thread."""
        self._held = set(other._held)
        self.renew(session_id)


@dataclass(frozen=True, kw_only=True)
class OneOfTwo(MortalServices):
    """The services of one of two processes that share a store."""

    standing: StandingTime

    @cached_property
    def store(self) -> ObjectStore:  # type: ignore[override]
        return MortalStore(self.memory, self.instant)

    @cached_property
    def leases(self) -> LeaseBook:
        book = LeasesWhileTimeStands(self.database, self.database_clock, lease_seconds=LEASE_SECONDS)
        book.standing = self.standing
        return book


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """What of a version must not depend on order, workers and kills."""

    id: str
    fingerprint: str
    weights_sha256: str
    parent_id: str | None  # as its manifest says
    candle_digest: str
    manifest_sha256: str  # of the manifest but for the time at which it was written


class SharedWorld(World):
    """What outlives every process, for two of them at a time; an empty home at first."""

    def __init__(self, home: Path, *, coins: Sequence[str]) -> None:
        super().__init__(home, coins=coins)
        self.standing = StandingTime()
        training = self.settings.training.model_copy(update={"epochs": 1, "full_retrain_every_days": EVERY_DAYS})
        operations = OperationsSettings(lease_seconds=LEASE_SECONDS, heartbeat_seconds=0.05)
        self.settings = self.settings.model_copy(update={"training": training, "operations": operations})

    def services(self, instant: Instant | None = None) -> OneOfTwo:
        return OneOfTwo(
            settings=self.settings,
            clock=self.clock,
            memory=self.memory,
            instant=instant or never(),
            standing=self.standing,
        )

    def open_worker(self, services: OneOfTwo) -> Worker:
        """A running process whose real time does not count."""
        return Worker(
            services=services,
            session=services.sessions.open(services.settings.costs, code_version="0" * 64),
            heartbeat=Heartbeat(lambda: True, interval_seconds=1.0),
            notice=PreemptionMonitor(services.settings.interruption, (), services.clock),
            signals=SignalRecorder(),
        )

    def let_a_lease_run_out(self, alive: Callable[[], Sequence[Worker]]) -> None:
        """Time passes while the hearts of these sessions beat; then the reaper comes."""
        services = self.services()
        with self.standing.lock:
            for _ in range(_STEPS_OF_TIME):
                self.clock.advance(timedelta(seconds=LEASE_SECONDS / 2))
                for worker in alive():
                    services.sessions.heartbeat(worker.session.session_id)
                    assert isinstance(services.leases, LeasesWhileTimeStands)
                    assert isinstance(worker.services.leases, LeasesWhileTimeStands)
                    services.leases.renew_as(worker.services.leases, worker.session.session_id)
            reap_sessions(
                services.sessions,
                services.attempts,
                services.leases,
                operations=OperationsSettings(lease_seconds=LEASE_SECONDS, heartbeat_seconds=LEASE_SECONDS / 2),
                is_gone=_is_never_gone,
            )
        services.database.close()

    def copy_to(self, home: Path) -> "SharedWorld":
        """Another world at whose start everything is as it is here now."""
        shutil.copytree(self.settings.home, home)
        other = SharedWorld(home, coins=self.coins)
        for info in self.memory.list(""):
            other.memory.put(info.key, self.memory.get(info.key))
        return other

    def every_version(self) -> list[ModelVersion]:
        """Every version, each of whose bytes is checked."""
        services = self.services()
        versions = services.registry.versions()
        assert list(services.registry.verify(versions)) == []
        services.database.close()
        return versions

    def published(self) -> dict[tuple[str, date], Published]:
        """By coin and day; a coin-day that is published twice fails."""
        services = self.services()
        versions = self.every_version()
        by_coin_day: dict[tuple[str, date], Published] = {}
        for version in versions:
            manifest = services.registry.bundle(version).manifest
            by_coin_day[version.coin, version.day] = Published(
                id=version.id,
                fingerprint=version.fingerprint,
                weights_sha256=version.weights_sha256,
                parent_id=manifest.parent_id,
                candle_digest=manifest.candle_digest,
                manifest_sha256=sha256_hex(replace(manifest, created_at=_ANY_TIME).encode()),
            )
        services.database.close()
        assert len(by_coin_day) == len(versions)
        return by_coin_day


def _is_never_gone(_process: Process) -> bool:
    """The heartbeat decides: all sessions are of this one process."""
    return False


def carry_out(worker: Worker, job: Job, instant: Instant | None = None) -> Iterator[CoinOutcome | CandleProblem]:
    """Candles, then models, as a run of the day does; every step of a fit is an instant, too."""

    def step(progress: Progress) -> None:
        if instant is not None:
            instant.pass_by(f"fit {progress.phase}")

    day, coins = job
    for outcome in fetch_candles(worker.services, day, coins):
        if isinstance(outcome, CandleProblem):
            worker.candle_problems[outcome.coin] = outcome
            yield outcome
    yield from retrain(worker, day, coins, progress=step)
