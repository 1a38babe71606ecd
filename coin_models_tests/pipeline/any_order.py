"""Two workers over one store and one database, killed at random, that are given days and coins in any order.

Belongs here: the doubles and the walk. Not here: what must hold of what they publish (test_any_order.py).
"""

import random
import shutil
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path

from coin_models.errors import LeaseLost
from coin_models.operations.heartbeat import Heartbeat
from coin_models.operations.reaper import reap_sessions
from coin_models.operations.signals import SignalRecorder
from coin_models.pipeline.candles import ensure_candles
from coin_models.pipeline.train.outcome import CoinOutcome
from coin_models.pipeline.train.run import retrain
from coin_models.pipeline.worker import Worker
from coin_models.registry.versions import ModelVersion
from coin_models.settings.operations import OperationsSettings
from coin_models.storage.memory import MemoryStore
from coin_models.storage.object_store import ObjectInfo, ObjectStore
from coin_models.training.interruption.preemption import PreemptionMonitor
from coin_models_tests.pipeline.killable import LEASE_SECONDS, Instant, Killed, MortalServices, World, never

COINS = ("BTC", "ETH", "SOL")
DAYS = tuple(date(2026, 3, 1) + timedelta(days=number) for number in range(10))
_KILLS_PER_WORKER = 2
_LONGEST_KILL = 250  # events of the store and the database until a worker is killed
_STEPS_OF_THE_REAPER = 3
_REAL_SECONDS = 3600.0  # the workers' leases follow the fixed clock; a slow machine ends none of them

Job = tuple[date, tuple[str, ...]]


@dataclass(slots=True)
class MortalStore:
    """A process's own view of a store: it refuses a dead process, the store lives on for the others."""

    store: MemoryStore
    instant: Instant

    @property
    def url(self) -> str:
        return self.store.url

    def put(self, key: str, data: bytes, *, if_absent: bool = False, durable: bool = True) -> ObjectInfo:
        self.instant.pass_by(f"put {key}")
        found = self.store.put(key, data, if_absent=if_absent, durable=durable)
        self.instant.pass_by(f"put done {key}")
        return found

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


@dataclass(frozen=True, kw_only=True)
class OneOfTwo(MortalServices):
    """The services of one of two processes that share a store."""

    @cached_property
    def store(self) -> ObjectStore:  # type: ignore[override]
        return MortalStore(self.memory, self.instant)


class SharedWorld(World):
    """What outlives every process, for two of them at a time."""

    def __init__(self, home: Path) -> None:
        super().__init__(home, coins=COINS)
        training = self.settings.training.model_copy(update={"epochs": 1, "full_retrain_every_days": 3})
        operations = OperationsSettings(lease_seconds=LEASE_SECONDS, heartbeat_seconds=0.05)
        self.settings = self.settings.model_copy(update={"training": training, "operations": operations})

    def services(self, instant: Instant | None = None) -> MortalServices:
        return OneOfTwo(settings=self.settings, clock=self.clock, memory=self.memory, instant=instant or never())

    def worker(self, instant: Instant | None = None) -> Worker:
        """A process at work whose real time does not count."""
        services = self.services(instant)
        return Worker(
            services=services,
            session=services.sessions.open(services.settings.costs, code_version="0" * 64),
            heartbeat=Heartbeat(lambda: True, interval_seconds=1.0, lease_seconds=_REAL_SECONDS),
            notice=PreemptionMonitor(services.settings.interruption, (), services.clock),
            signals=SignalRecorder(),
        )

    def fetch(self) -> None:
        assert len(list(ensure_candles(self.services(), DAYS[0], DAYS[-1], self.coins))) == len(self.coins)

    def copy_to(self, home: Path) -> "SharedWorld":
        """Another world in which nothing has happened since but time."""
        shutil.copytree(self.settings.home, home)
        other = SharedWorld(home)
        for info in self.memory.list(""):
            other.memory.put(info.key, self.memory.get(info.key))
        return other

    def every_version(self) -> list[ModelVersion]:
        services = self.services()
        found = services.registry.versions()
        assert list(services.registry.verify(found)) == []
        services.database.close()
        return found


@dataclass(slots=True)
class TwoWorkers:
    """Carries out jobs in their order with two workers at once; a worker that is killed is followed by another."""

    world: SharedWorld
    jobs: list[Job]
    dice: random.Random
    num_kills: int = 0
    failed: list[CoinOutcome] = field(default_factory=list)
    crashed: list[BaseException] = field(default_factory=list)
    _alive: dict[str, Worker] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def run(self) -> None:
        instants = [[self.dice.randint(1, _LONGEST_KILL) for _ in range(_KILLS_PER_WORKER)] for _ in range(2)]
        threads = [threading.Thread(target=self._follow_each_other, args=(found,)) for found in instants]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _follow_each_other(self, instants: list[int]) -> None:
        """One worker after another, until nothing is left to do."""
        try:
            while True:
                instant = Instant("", instants.pop()) if instants else never()
                if not self._work(instant):
                    return
                self.num_kills += 1
                self._reap()
        except BaseException as error:  # noqa: BLE001 - the test says so, not the thread
            self.crashed.append(error)

    def _work(self, instant: Instant) -> bool:
        """Whether the worker was killed, or lost its lease; its job is then put back."""
        job: Job | None = None
        worker: Worker | None = None
        try:
            worker = self._open(instant)
            while (job := self._next()) is not None:
                for outcome in retrain(worker, *job):
                    if outcome.version is None:
                        self.failed.append(outcome)
        except (Killed, LeaseLost):  # the clock may pass over a lease as it is taken: such a worker leaves, too
            if job is not None:
                self.jobs.insert(0, job)
            return True
        finally:
            if worker is not None:
                self._alive.pop(worker.session.session_id, None)
                worker.services.database.close()
        return False

    def _next(self) -> Job | None:
        with self._lock:
            return self.jobs.pop(0) if self.jobs else None

    def _open(self, instant: Instant) -> Worker:
        with self._lock:  # the reaper's time must not pass between a session's birth and its first heartbeat
            worker = self.world.worker(instant)
            self._alive[worker.session.session_id] = worker
        return worker

    def _reap(self) -> None:
        """Time passes, the other worker's heart beats meanwhile, and the dead one is cleared away."""
        services = self.world.services()
        with self._lock:
            for _ in range(_STEPS_OF_THE_REAPER):
                self.world.clock.advance(timedelta(seconds=LEASE_SECONDS / 2))
                for session in list(self._alive):
                    services.sessions.heartbeat(session)
                    services.leases.renew(session)
            reap_sessions(
                services.sessions,
                services.attempts,
                services.leases,
                lease_seconds=LEASE_SECONDS,
                clock=services.clock,
            )
        services.database.close()


def random_jobs(dice: random.Random) -> list[Job]:
    """Every coin-day once, in a random order: some days with all coins at once, some in parts."""
    jobs: list[Job] = []
    for day in DAYS:
        coins = dice.sample(COINS, len(COINS))
        at = dice.choice((len(coins), len(coins), 1))
        jobs += [(day, tuple(part)) for part in (coins[:at], coins[at:]) if part]
    dice.shuffle(jobs)
    return jobs
