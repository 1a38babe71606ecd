"""Threads, executors and time of the simulated processes: what stands in for `threading`, `concurrent.futures`, `time`.

A pool works off its tasks one after the other in the thread that submits them: one of the orders that a real pool may
choose. Locks are the real ones, as no code waits for an operation while it holds one.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from typing import Any, Self

from coin_models.simulation.scheduler import Process, Scheduler, Task


class SimulatedTime:
    """`time` of the simulated clock."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    def monotonic(self) -> float:
        """Simulated seconds."""
        return self._scheduler.now

    time = thread_time = monotonic

    def sleep(self, seconds: float) -> None:
        """The task waits."""
        self._scheduler.sleep(seconds)


class SimulatedThreading:
    """`threading` of the simulated processes, as far as the package uses it."""

    Lock = staticmethod(threading.Lock)

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler

    def Event(self) -> "SimulatedEvent":  # noqa: N802 - the standard library's name
        """As `threading.Event`."""
        return SimulatedEvent(self._scheduler)

    def Thread(  # noqa: N802 - the standard library's name
        self, *, target: Callable[..., object], name: str = "", daemon: bool = True, args: tuple[Any, ...] = ()
    ) -> "SimulatedThread":
        """As `threading.Thread`."""
        return SimulatedThread(self._scheduler, target, name, args)

    def current_thread(self) -> object:
        """Never the main thread: signals are the simulator's."""
        return self._scheduler.current

    def main_thread(self) -> object:
        """No task's: that of the simulator."""
        return self


class SimulatedEvent:
    """As `threading.Event`."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._is_set = False
        self._waiters: list[Task] = []

    def is_set(self) -> bool:
        """Whether it was set."""
        return self._is_set

    def set(self) -> None:
        """Wakes who waits."""
        self._is_set = True
        waiters, self._waiters = self._waiters, []
        for waiter in waiters:
            self._scheduler.wake(waiter)

    def wait(self, timeout: float | None = None) -> bool:
        """Waits until it is set, so long at most."""
        if not self._is_set and self._scheduler.current is not None:
            self._waiters.append(self._scheduler.current)
            self._scheduler.suspend(timeout)
        return self._is_set


class SimulatedThread:
    """As `threading.Thread`; outside of a process it runs where it is started."""

    def __init__(self, scheduler: Scheduler, target: Callable[..., object], name: str, args: tuple[Any, ...]) -> None:
        self._scheduler, self._target, self._name, self._args = scheduler, target, name, args
        self._task: Task | None = None

    def start(self) -> None:
        """Begins the task."""
        process: Process | None = self._scheduler.current.process if self._scheduler.current else None
        if process is None:
            self._target(*self._args)
            return
        self._task = self._scheduler.spawn(process, self._name, lambda: self._target(*self._args))

    def join(self, timeout: float | None = None) -> None:
        """Waits for its end."""
        if self._task is not None:
            self._scheduler.wait_for(self._task, timeout)


class InlineExecutor:
    """As `ThreadPoolExecutor`, in the thread that submits."""

    def __init__(self, *_arguments: object, **_options: object) -> None:
        pass

    def submit(self, work: Callable[..., Any], *arguments: object, **options: object) -> "Future[Any]":
        """Works at once."""
        future: Future[Any] = Future()
        try:
            future.set_result(work(*arguments, **options))
        except Exception as error:  # noqa: BLE001 - the future's
            future.set_exception(error)
        return future

    def map(self, work: Callable[..., Any], *items: Iterable[Any]) -> Iterator[Any]:
        """Works as results are asked."""
        return map(work, *items)

    def shutdown(self, *_arguments: object, **_options: object) -> None:
        """Nothing is left to do."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        pass


def in_order(futures: Iterable["Future[Any]"], *_arguments: object) -> list["Future[Any]"]:
    """As `as_completed`, in the order of submission: by address, a replay would differ."""
    return list(futures)
