"""Workers of a fleet: who is alive, and what each works on."""

from datetime import UTC, datetime, timedelta

import pytest

from coin_models.clock import FixedClock
from coin_models.db.database_clock import MachineClock
from coin_models.db.engine import Database
from coin_models.operations.workers import WorkerBook
from coin_models.settings.costs import CostSettings


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 3, 10, 2, tzinfo=UTC))


@pytest.fixture
def book(database: Database, clock: FixedClock) -> WorkerBook:
    return WorkerBook(database, MachineClock(clock), lease_seconds=30.0)


def test_a_new_worker_is_listed_as_idle_with_its_price_and_queues(book: WorkerBook) -> None:
    costs = CostSettings(gpu="RTX 3090", provider="runpod", market="spot", price_usd_per_hour=0.22)

    worker_id = book.open(costs, queues=("gpu", "any"), code_version="v1")

    (listed,) = book.live()
    assert (listed.worker_id, listed.device, listed.queues, listed.price_usd_per_hour) == (
        worker_id,
        "RTX 3090",
        ("gpu", "any"),
        0.22,
    )
    assert listed.is_idle


def test_a_worker_is_busy_with_the_message_that_it_named_last(book: WorkerBook) -> None:
    worker_id = book.open(CostSettings(), queues=("any",), code_version="v1")

    book.beat(worker_id, "message 1")
    busy = book.live()[0]
    book.beat(worker_id, None)

    assert (busy.task_id, busy.is_idle, book.live()[0].is_idle) == ("message 1", False, True)


def test_a_worker_that_is_silent_is_dead_until_it_speaks_again(book: WorkerBook, clock: FixedClock) -> None:
    worker_id = book.open(CostSettings(), queues=("any",), code_version="v1")
    clock.advance(timedelta(seconds=31))
    dead = book.live()
    book.beat(worker_id, None)

    assert dead == []
    assert [worker.worker_id for worker in book.live()] == [worker_id]


def test_a_worker_that_ends_is_off_the_list_and_takes_the_long_dead_with_it(
    book: WorkerBook, clock: FixedClock
) -> None:
    silent = book.open(CostSettings(), queues=("any",), code_version="v1")
    clock.advance(timedelta(days=2))
    ending = book.open(CostSettings(), queues=("any",), code_version="v1")

    book.close(ending)
    book.beat(silent, None)  # its row is gone: nothing to renew

    assert book.live() == []


def test_a_worker_does_what_it_does_since_its_message_changed(book: WorkerBook, clock: FixedClock) -> None:
    worker_id = book.open(CostSettings(), queues=("any",), code_version="v1")
    since = []
    for task_id in ("message 1", "message 1", None):
        clock.advance(timedelta(seconds=10))
        book.beat(worker_id, task_id)
        since.append(book.live()[0].task_since)

    begun = datetime(2026, 3, 10, 2, tzinfo=UTC)
    assert since == [begun + timedelta(seconds=seconds) for seconds in (10, 10, 30)]


def test_the_control_plane_is_the_one_that_ticked_last_and_none_once_it_is_silent(
    book: WorkerBook, clock: FixedClock
) -> None:
    book.announce_control("v1")
    book.announce_control("v2")
    alive = book.control()
    clock.advance(timedelta(seconds=31))

    assert alive is not None
    assert (alive.code_version, book.control()) == ("v2", None)
