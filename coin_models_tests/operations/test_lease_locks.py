"""No two processes that change leases wait for each other's rows: PostgreSQL meets no deadlock."""

import threading
import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import event, select, text

from coin_models.clock import SystemClock
from coin_models.db.database_clock import ServerClock
from coin_models.db.engine import Database
from coin_models.db.schema import leases
from coin_models.operations.leases import LeaseBook
from coin_models_tests.backends import Backend

Work = Callable[[LeaseBook], object]

CHANGES: dict[str, Work] = {
    "renew": lambda book: book.renew("holder"),
    "release": lambda book: book.release([*book.acquire(["b", "a"], "holder").values()][::-1]),
    "release all": lambda book: book.release_all("holder"),
    "expire": lambda book: book.expire(["holder"]),
}
_WAITING = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"


@pytest.fixture
def database(stack: Backend) -> Iterator[Database]:
    opened = stack.open_database()
    yield opened
    opened.close()


def deadlocks_of(database: Database) -> list[str]:
    """Where those end up that the engine meets, also where the transaction is then repeated."""
    met: list[str] = []

    @event.listens_for(database.engine, "handle_error")
    def note(context: object) -> None:
        original = getattr(context, "original_exception", None)
        if getattr(original, "pgcode", None) == "40P01":
            met.append(str(original))

    return met


def wait_until(database: Database, num_waiting: int) -> None:
    deadline = time.monotonic() + 30.0
    while time.monotonic() < deadline:
        with database.read() as connection:
            if connection.execute(text(_WAITING)).scalar_one() >= num_waiting:
                return
        time.sleep(0.02)
    raise AssertionError(f"{num_waiting} transactions never waited for a lock at once")


@pytest.mark.parametrize("change", CHANGES)
def test_who_changes_leases_and_who_asks_for_them_never_wait_for_each_other(change: str, database: Database) -> None:
    book = LeaseBook(database, ServerClock(), lease_seconds=120.0)
    for name in ("b", "a"):  # in the table in another order than that of their names
        book.acquire([name], "holder")
    met = deadlocks_of(database)
    errors: list[BaseException] = []

    def start(work: Callable[[], object]) -> threading.Thread:
        def run() -> None:
            try:
                work()
            except BaseException as error:  # noqa: BLE001 - the test says so, not the thread
                errors.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    with database.begin() as blocker:  # holds the first lease until both stand in line for it
        blocker.execute(select(leases.c.name).where(leases.c.name == "a").with_for_update())
        asking = start(lambda: LeaseBook(database, ServerClock(), lease_seconds=120.0).acquire(["a", "b"], "other"))
        wait_until(database, 1)
        changing = start(lambda: CHANGES[change](book))
        wait_until(database, 2)
    asking.join(30.0)
    changing.join(30.0)

    assert (errors, met) == ([], [])


def test_the_time_of_a_lease_is_the_servers_not_that_of_this_machine(database: Database) -> None:
    book = LeaseBook(database, ServerClock(), lease_seconds=120.0)
    book.acquire(["a"], "holder")

    (state,) = book.states(["a"]).values()

    with database.read() as connection:
        theirs = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    assert 110.0 < (state.ends_at - theirs).total_seconds() <= 120.0
    assert abs((theirs - SystemClock().now()).total_seconds()) < 60.0
