"""Operations: everything that a simulated process does to the world outside it passes here, numbered.

A fault names the number of the operation that it hits and what happens: die, fail or hang, before or after the effect.
"""

import random
import zlib
from collections.abc import Callable, Mapping
from typing import TypeVar

from coin_models.simulation.faults import Fault, FaultKind
from coin_models.simulation.scheduler import Killed, Process, Scheduler

T = TypeVar("T")

LATENCY_SECONDS: Mapping[str, tuple[float, float]] = {
    "sql": (0.0005, 0.004),
    "store": (0.005, 0.06),
    "disk": (0.0005, 0.005),
    "source": (0.1, 0.6),
    "channel": (0.1, 0.4),
    "fit": (4.0, 14.0),  # a step of a fit; a real one has hundreds of shorter steps
}
"""Between which seconds an operation of each kind takes, without a fault."""


class Operations:
    """Counts operations, makes them take time, and lets faults happen."""

    def __init__(self, scheduler: Scheduler, dice: random.Random, faults: Mapping[int, Fault]) -> None:
        self.scheduler = scheduler
        self._dice = dice
        self.faults = faults
        self.num_done = 0
        self.is_over = False  # the night: what is closed afterwards has no effect
        self.on_death: Callable[[Process], None] = lambda _process: None
        self.hit: list[tuple[Fault, str]] = []  # what each fault that happened hit
        self.record: list[str] | None = None  # names of the operations, where a caller wants them
        self.digest = 0  # of everything that happened: the same for the same seed

    @property
    def process(self) -> Process | None:
        """The process that runs at this instant; None: the simulator itself."""
        task = self.scheduler.current
        return None if task is None else task.process

    def run(self, kind: str, name: str, effect: Callable[[], T], error: Callable[[str], Exception]) -> T:
        """Does one operation of the current process.

        Args:
            kind: what it is done to.
            name: what is done, for people.
            effect: does it.
            error: makes the error of a failure.
        """
        if self.is_over:
            raise Killed("the night is over")
        task = self.scheduler.current
        if task is None:
            return effect()
        process = task.process
        if not process.is_alive:
            raise Killed(process.name)
        number, self.num_done = self.num_done, self.num_done + 1
        shortest, longest = LATENCY_SECONDS[kind]
        what = f"{process.name} {kind} {name}"
        self.digest = zlib.crc32(f"{what} {self.scheduler.now:.6f}".encode(), self.digest)
        if self.record is not None:
            self.record.append(what)
        fault = self.faults.get(number)
        self.scheduler.sleep(shortest + (longest - shortest) * self._dice.random())
        if fault is None:
            return effect()
        self.hit.append((fault, what))
        return self._disturbed(fault, process, effect, lambda: error(f"simulated fault at operation {number}: {what}"))

    def _disturbed(self, fault: Fault, process: Process, effect: Callable[[], T], error: Callable[[], Exception]) -> T:
        kind = fault.kind
        if kind in (FaultKind.HANG_BEFORE, FaultKind.HANG_AFTER):
            if kind is FaultKind.HANG_AFTER:
                effect()
            self.scheduler.sleep(fault.seconds)
            raise error()
        if kind is FaultKind.DIE_BEFORE:
            self.kill(process)
            raise Killed(process.name)
        if kind is FaultKind.FAIL_BEFORE:
            raise error()
        if kind in (FaultKind.SLOW, FaultKind.PAUSE):
            if kind is FaultKind.PAUSE:
                process.paused_until = self.scheduler.now + fault.seconds
            self.scheduler.sleep(fault.seconds)
            return effect()
        if kind is FaultKind.NOTICE:
            process.is_noticed = True
            return effect()
        effect()
        if kind is FaultKind.DIE_AFTER:
            self.kill(process)
            raise Killed(process.name)
        raise error()

    def kill(self, process: Process) -> None:
        """Ends a process, and what it held of the world."""
        self.scheduler.kill(process)
        self.on_death(process)
