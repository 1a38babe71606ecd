"""The world of a night: what outlives every process, and the services through which a process sees it."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cached_property, lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import coin_models.operations.sessions
import coin_models.pipeline.cost_forecast
import coin_models.pipeline.notices
import coin_models.pipeline.run_days
import coin_models.training.checkpoints.chain as chain
from coin_models.db.database_clock import DatabaseClock, MachineClock
from coin_models.db.engine import Database
from coin_models.market import codec
from coin_models.market.source import CandleSource
from coin_models.operations.process import Process as SystemProcess
from coin_models.pipeline.services import Services
from coin_models.registry.fingerprint import training_code_version
from coin_models.settings.root import Settings
from coin_models.simulation.audit import Audit
from coin_models.simulation.channel import SimulatedChannel
from coin_models.simulation.database import SimulatedEngine, SimulatedSqlite
from coin_models.simulation.faults import Fault
from coin_models.simulation.finalizers import without_late_finalizers
from coin_models.simulation.fitter import SimulatedFit
from coin_models.simulation.market import Market, SimulatedSource
from coin_models.simulation.operations import Operations
from coin_models.simulation.scheduler import Process, Scheduler
from coin_models.simulation.store import SimulatedStore
from coin_models.simulation.substitutes import Ids, Mark, import_package, in_place_of, of_the_operating_system
from coin_models.simulation.threads import InlineExecutor, SimulatedThreading, SimulatedTime, in_order
from coin_models.storage.memory import MemoryStore
from coin_models.storage.object_store import ObjectStore
from coin_models.training import run_fit
from coin_models.training.interruption.preemption import PreemptionMonitor, PreemptionNotice

ENGINE = SimulatedEngine()
_decoded = lru_cache(maxsize=4096)(codec._decode_columns)  # a night reads the same days hundreds of times


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What a home holds: the image of its database, the objects of its store."""

    database: bytes
    objects: dict[str, Any]


class SimulatedClock:
    """A machine's clock: simulated time, off by the machine's skew."""

    def __init__(self, world: "World", machine: str | None = None) -> None:
        self._world, self._machine = world, machine

    def now(self) -> datetime:
        """See `Clock.now`."""
        skew = 0.0 if self._machine is None else self._world.skews.get(self._machine, 0.0)
        return self._world.began + timedelta(seconds=self._world.scheduler.now + skew)


@dataclass(frozen=True, kw_only=True)
class SimulatedServices(Services):
    """The services of one simulated process."""

    world: "World"
    process: Process

    @cached_property
    def database(self) -> Database:
        """The night's SQLite."""
        return Database(
            ENGINE.engine,
            patience_seconds=self.settings.operations.database_wait_seconds,
            sleep=self.world.scheduler.sleep,
        )

    @cached_property
    def database_clock(self) -> DatabaseClock:
        """The server's clock: that of no machine."""
        return MachineClock(self.world.clock())

    @cached_property
    def store(self) -> ObjectStore:
        """The night's store."""
        return self.world.store

    @cached_property
    def source(self) -> CandleSource:
        """The night's market."""
        return SimulatedSource(self.world.market, self.world.operations, self.clock)

    @cached_property
    def local_checkpoints(self) -> ObjectStore:
        """The machine's disk."""
        return self.world.disk(self.process.machine)

    def close(self) -> None:
        """The engine is every process's."""


@dataclass(slots=True, eq=False)
class World:
    """Everything outside of the processes."""

    settings: Settings
    scheduler: Scheduler
    operations: Operations
    dice: random.Random
    sqlite: SimulatedSqlite
    memory: MemoryStore
    store: SimulatedStore
    began: datetime
    market: Market = field(default_factory=Market)
    channel: SimulatedChannel = field(init=False)
    audit: Audit = field(init=False)
    skews: dict[str, float] = field(default_factory=dict)
    disks: dict[str, SimulatedStore] = field(default_factory=dict)
    marks: dict[str, int] = field(default_factory=dict)
    processes: list[Process] = field(default_factory=list)
    code: str = "0" * 64  # that a process which starts now runs

    def __post_init__(self) -> None:
        self.channel = SimulatedChannel(self.operations)
        self.operations.on_death = self.sqlite.drop
        self.audit = Audit(
            operations=self.operations,
            memory=self.memory,
            began=self.began,
            lease_seconds=self.settings.operations.lease_seconds,
        )
        self.sqlite.on_connect = self.audit.watch
        self.sqlite.on_commit = self.audit.committed
        self.sqlite.on_rollback = self.audit.rolled_back

    def clock(self, machine: str | None = None) -> SimulatedClock:
        """The true time, or that of a machine."""
        return SimulatedClock(self, machine)

    def disk(self, machine: str) -> SimulatedStore:
        """The folder of checkpoints on a machine."""
        if machine not in self.disks:
            self.disks[machine] = SimulatedStore(MemoryStore(clock=self.clock()), self.operations, "disk")
        return self.disks[machine]

    def process(self, name: str, machine: str) -> Process:
        """A new process."""
        process = Process(
            name=name, machine=machine, number=len(self.processes) + 1, code=self.code, started_at=self.scheduler.now
        )
        self.processes.append(process)
        return process

    def services(self, process: Process) -> SimulatedServices:
        """What the process uses."""
        settings = self.settings.model_copy(update={"home": Path("/simulated") / process.machine})
        return SimulatedServices(settings=settings, clock=self.clock(process.machine), world=self, process=process)

    def home(self) -> Home:
        """What is stored now."""
        return Home(database=self.sqlite.image(), objects=dict(self.memory._objects))

    def system_process(self) -> SystemProcess:
        """As `this_process`."""
        process = self.operations.process
        number = 0 if process is None else process.number
        return SystemProcess(
            host="nowhere" if process is None else process.machine, process_id=number, start_ticks=number
        )

    def is_gone(self, system: SystemProcess, asker: str) -> bool:
        """As `is_gone`: known on the same machine only."""
        return system.host == asker and any(
            process.number == system.process_id and not process.is_alive for process in self.processes
        )

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Until the end of the block, the package's modules see this world."""
        import_package()
        ENGINE.sqlite = self.sqlite
        state = random.getstate()
        random.seed(self.dice.getrandbits(64))  # the jitter of pauses
        threads = SimulatedThreading(self.scheduler)
        system = of_the_operating_system(
            clock=SimulatedTime(self.scheduler),
            threads=threads,
            executor=InlineExecutor,
            in_order=in_order,
            ids=Ids(self.dice),
        )
        more: dict[tuple[ModuleType, str], Any] = {
            (coin_models.operations.sessions, "this_process"): self.system_process,
            (coin_models.pipeline.notices, "build_channels"): lambda _settings: [self.channel],
            (coin_models.pipeline.run_days, "build_preemption_monitor"): self._monitor,
            (coin_models.pipeline.run_days, "process_age_seconds"): self._age_seconds,
            # A figure of the report that follows from prices alone: a second of scipy.
            (coin_models.pipeline.cost_forecast, "cost_forecast"): lambda _services, _num_coins: None,
            (run_fit, "fit_cohort"): SimulatedFit(self.operations),
            (codec, "_decode_columns"): _decoded,
            (chain, "local_store"): lambda home: self.disk(home.name),
            (chain, "HighWaterMark"): lambda path: Mark(self.marks, str(path)),
        }
        try:
            with (
                without_late_finalizers(),
                in_place_of({**system, id(training_code_version): self._code_version}, more),
            ):
                yield
                self.operations.is_over = True
        finally:
            random.setstate(state)
            ENGINE.sqlite = None

    def _code_version(self, members: tuple[str, ...] = ()) -> str:
        process = self.operations.process
        return self.code if process is None else process.code

    def _age_seconds(self) -> float:
        process = self.operations.process
        return 0.0 if process is None else self.scheduler.now - process.started_at

    def _monitor(self, settings: Any) -> PreemptionMonitor:
        process = self.operations.process
        return SimulatedMonitor(settings, process, self.clock())


class SimulatedMonitor(PreemptionMonitor):
    """Notice that a fault gives to a process."""

    def __init__(self, settings: Any, process: Process | None, clock: SimulatedClock) -> None:
        super().__init__(settings, (), clock)
        self._process = process
        self._at: datetime | None = None

    def received(self) -> PreemptionNotice | None:
        """See `PreemptionMonitor.received`."""
        if self._process is None or not self._process.is_noticed:
            return None
        self._at = self._at or self._clock.now()
        return PreemptionNotice(source="simulated", at=self._at, grace_seconds=self._settings.grace_seconds)


def new_world(settings: Settings, home: Home, seed: int, faults: dict[int, Fault], day: date) -> World:
    """A world in which it is the midnight after a trading day."""
    scheduler = Scheduler()
    dice = random.Random(seed)  # noqa: S311 - a simulation, no secret
    operations = Operations(scheduler, dice, faults)
    began = datetime.combine(day + timedelta(days=1), datetime.min.time(), UTC)
    memory = MemoryStore()
    memory._objects = dict(home.objects)
    world = World(
        settings=settings,
        scheduler=scheduler,
        operations=operations,
        dice=dice,
        sqlite=SimulatedSqlite(home.database, operations),
        memory=memory,
        store=SimulatedStore(memory, operations),
        began=began,
    )
    memory._clock = world.clock()
    return world
