"""A deterministic scheduler: simulated processes and their threads take turns on a simulated clock.

Each task is a greenlet that runs the real code until it waits: for an operation on store, database or source, for a
sleep, for another task. Nothing else decides who is next than the time at which a task wakes and, at equal times, who
came first. A killed process gets `Killed` at its next instant, and every operation that its unwinding code tries is
refused with it: nothing that a real SIGKILL would prevent has an effect.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field

from greenlet import getcurrent, greenlet

MOST_EVENTS = 100_000
"""Events of one night after which it counts as endless: a night has ten thousand at most."""


class Killed(BaseException):
    """SIGKILL, as far as code in one process can have it."""


class Endless(Exception):
    """A night that does not come to its end."""


@dataclass(slots=True, eq=False)
class Process:
    """A simulated process on a simulated machine."""

    name: str
    machine: str
    number: int  # its process id
    code: str = "0" * 64  # digest of the training code that it runs
    is_alive: bool = True
    paused_until: float = 0.0
    started_at: float = 0.0
    ended_at: float | None = None
    was_killed: bool = False
    is_noticed: bool = False  # the machine's end was announced to it
    tasks: list["Task"] = field(default_factory=list)
    failure: BaseException | None = None  # with which its main task ended

    @property
    def is_running(self) -> bool:
        """Whether one of its tasks has not ended."""
        return any(not task.is_done for task in self.tasks)


@dataclass(slots=True, eq=False)
class Task:
    """A thread of a process."""

    process: Process
    name: str
    greenlet: greenlet
    epoch: int = 0  # of its present wait: an older wake-up does not count
    is_done: bool = False
    waiters: list["Task"] = field(default_factory=list)
    when_done: Callable[[], object] | None = None


class Scheduler:
    """Runs tasks in the order of their wake-up times."""

    def __init__(self, most_events: int = MOST_EVENTS) -> None:
        self.now = 0.0  # simulated seconds
        self._most_events = most_events
        self.current: Task | None = None
        self.num_events = 0
        self._heap: list[tuple[float, int, Task | Callable[[], object], int]] = []
        self._number = 0
        self._until = 0.0  # which `run` is at
        self._hub = getcurrent()

    def spawn(self, process: Process, name: str, work: Callable[[], object]) -> Task:
        """Begins a task of a process at this instant."""

        def run() -> None:
            try:
                self._require_alive(process)
                work()
            except Killed:
                pass
            except BaseException as error:  # noqa: BLE001 - the end of a simulated process, looked at by the night
                process.failure = process.failure or error
            finally:
                task.is_done = True
                for waiter in task.waiters:
                    self.wake(waiter)
                if task.when_done is not None:
                    self.at(self.now, task.when_done)

        task = Task(process, name, greenlet(run, parent=self._hub))
        process.tasks.append(task)
        self._push(self.now, task)
        return task

    def when_done(self, task: Task, event: Callable[[], object]) -> None:
        """Calls `event` after the task has ended."""
        task.when_done = event

    @property
    def num_waiting_events(self) -> int:
        """Events, not tasks, that are still to come."""
        return sum(not isinstance(what, Task) for _, _, what, _ in self._heap)

    def at(self, when: float, event: Callable[[], object]) -> None:
        """Calls `event`, which must not wait, at that time."""
        self._push(when, event)

    def run(self, until: float) -> None:
        """Runs whatever is due until that time.

        Raises:
            Endless: more events than a night can have.
        """
        self._hub, self._until = getcurrent(), until
        while self._heap and self._heap[0][0] <= until:
            when, _, what, epoch = heapq.heappop(self._heap)
            self.num_events += 1
            if self.num_events > self._most_events:
                raise Endless(f"{self._most_events} events, at {self.now:.0f} s")
            if not isinstance(what, Task):
                self.now = max(self.now, when)
                what()
            elif not what.is_done and what.epoch == epoch:
                self.now = max(self.now, when)
                self._resume(what)
        self.now = max(self.now, until)

    def sleep(self, seconds: float) -> None:
        """The current task waits, and its process may be paused or killed meanwhile; without a task, time passes."""
        task = self.current
        if task is None:
            self.now += seconds
            return
        self._require_alive(task.process)
        when = self.now + seconds
        if self._is_next(task, when):  # the same order of events as through the heap, without two switches
            self.now = when
            self.num_events += 1
            task.epoch += 1
            return
        self._push(when, task)
        self._wait(task)

    def wait_for(self, other: Task, seconds: float | None = None) -> None:
        """The current task waits for the end of another, so long at most."""
        task = self.current
        if task is None or other.is_done:
            return
        other.waiters.append(task)
        self.suspend(seconds)

    def suspend(self, seconds: float | None = None) -> None:
        """The current task waits until `wake` is called, so long at most."""
        task = self.current
        if task is None:
            return
        self._require_alive(task.process)
        if seconds is not None:
            self._push(self.now + seconds, task)
        self._wait(task)

    def wake(self, task: Task) -> None:
        """Ends the present wait of a task."""
        if not task.is_done:
            self._push(self.now, task)

    def kill(self, process: Process) -> None:
        """Ends a process at this instant."""
        if process.is_alive:
            process.was_killed = True
            self.end(process)

    def end(self, process: Process) -> None:
        """Ends what is left of a process: its other threads die with its main one."""
        if process.is_alive:
            process.is_alive, process.ended_at = False, self.now
            for task in process.tasks:
                if task is not self.current:
                    self.wake(task)

    def _is_next(self, task: Task, when: float) -> bool:
        """Whether nothing is due until then, for which the running task would have to give way."""
        is_first = not self._heap or self._heap[0][0] > when
        is_within = when <= self._until and self.num_events < self._most_events
        return is_first and is_within and task.process.paused_until <= when

    def _wait(self, task: Task) -> None:
        self._hub.switch()
        while task.process.is_alive and task.process.paused_until > self.now:
            self._push(task.process.paused_until, task)
            self._hub.switch()
        self._require_alive(task.process)

    def _resume(self, task: Task) -> None:
        task.epoch += 1
        self.current = task
        try:
            task.greenlet.switch()
        finally:
            self.current = None

    def _push(self, when: float, what: Task | Callable[[], object]) -> None:
        self._number += 1
        heapq.heappush(self._heap, (when, self._number, what, what.epoch if isinstance(what, Task) else 0))

    @staticmethod
    def _require_alive(process: Process) -> None:
        if not process.is_alive:
            raise Killed(process.name)
