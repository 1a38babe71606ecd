"""The time that statements are given: the server's where there is one, whatever this machine's clock says."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from coin_models.clock import FixedClock
from coin_models.db.database_clock import DatabaseClock, database_clock
from coin_models.db.engine import Database
from coin_models_tests.backends import Backend

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)  # what this machine's clock says
HOUR = timedelta(hours=1)


@pytest.fixture
def server(stack: Backend) -> Iterator[Database]:
    opened = stack.open_database()
    yield opened
    opened.close()


def read(database: Database, clock: DatabaseClock, *, later: timedelta) -> datetime:
    with database.read() as connection:
        return connection.execute(select(clock.now(later))).scalar_one()


def test_sqlite_has_the_time_of_its_machine(embedded: Backend) -> None:
    database = embedded.open_database()
    clock = database_clock(database, FixedClock(LONG_AGO))

    assert read(database, clock, later=-HOUR) == LONG_AGO - HOUR


def test_postgresql_has_its_own(server: Database) -> None:
    clock = database_clock(server, FixedClock(LONG_AGO))
    with server.read() as connection:
        before, now, after = connection.execute(
            select(func.clock_timestamp(), clock.now(HOUR), func.clock_timestamp())
        ).one()

    assert before <= now - HOUR <= after


def test_the_servers_time_goes_on_within_a_transaction(server: Database) -> None:
    clock = database_clock(server, FixedClock(LONG_AGO))
    with server.read() as connection:
        first, second = (connection.execute(select(clock.now())).scalar_one() for _ in range(2))

    assert first < second
