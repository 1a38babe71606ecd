"""A worker's watch: it says that the worker lives, and ends it when there is no work, or no broker. On a real Redis."""

import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from coin_models.clock import FixedClock
from coin_models.db.database_clock import MachineClock
from coin_models.db.engine import Database
from coin_models.defs.fleet.worker import Watch
from coin_models.dev_stack.redis import RedisServer
from coin_models.operations.workers import WorkerBook
from coin_models.settings.costs import CostSettings
from coin_models.settings.fleet import FleetSettings


class Seconds:
    """A monotonic clock to move."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def ended() -> Iterator[threading.Event]:
    """Set by SIGTERM to this process."""
    event = threading.Event()
    before = signal.signal(signal.SIGTERM, lambda _number, _frame: event.set())
    yield event
    signal.signal(signal.SIGTERM, before)


@pytest.fixture
def book(database: Database) -> WorkerBook:
    return WorkerBook(database, MachineClock(FixedClock(datetime(2026, 3, 10, tzinfo=UTC))), lease_seconds=30.0)


def watch_of(fleet: FleetSettings, book: WorkerBook, clock: Seconds, *, idle_seconds: float | None = None) -> Watch:
    worker_id = book.open(CostSettings(), queues=("any",), code_version="v1")
    return Watch(
        fleet=fleet,
        book=book,
        worker_id=worker_id,
        code_version="v1",
        idle_seconds=idle_seconds,
        clock=clock,
    )


def ended_after(watch: Watch, clock: Seconds, ended: threading.Event, pauses: tuple[float, ...]) -> list[bool]:
    """Whether the worker was ended by the beat after each of these pauses, in seconds."""
    answers = []
    for seconds in pauses:
        clock.now += seconds
        watch()
        answers.append(ended.is_set())
    return answers


def test_a_worker_without_work_ends_after_its_idle_minutes_and_not_before(
    fleet: FleetSettings, book: WorkerBook, ended: threading.Event
) -> None:
    clock = Seconds()
    watch = watch_of(fleet, book, clock, idle_seconds=120.0)

    assert ended_after(watch, clock, ended, (119.0, 2.0)) == [False, True]
    assert not watch.broker_is_lost


def test_a_worker_ends_when_its_broker_was_silent_for_too_long(
    fleet: FleetSettings, book: WorkerBook, broker: RedisServer, ended: threading.Event
) -> None:
    clock = Seconds()
    watch = watch_of(fleet, book, clock)
    watch()
    broker.process.kill()

    assert ended_after(watch, clock, ended, (59.0, 2.0)) == [False, True]
    assert watch.broker_is_lost


def test_an_idle_worker_ends_once_the_control_plane_runs_other_code(
    fleet: FleetSettings, book: WorkerBook, ended: threading.Event
) -> None:
    clock = Seconds()
    watch = watch_of(fleet, book, clock)
    book.announce_control("v1")
    same = ended_after(watch, clock, ended, (5.0,))
    book.announce_control("v2")

    assert (same, ended_after(watch, clock, ended, (5.0,))) == ([False], [True])
    assert "v2" in str(watch.refusal)
