"""A PostgreSQL that restarts or fails over under our transactions."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, select

from coin_models.db.engine import Database
from coin_models.db.opening import open_database
from coin_models.db.schema import leases
from coin_models.dev_stack.stack import StackAccess
from coin_models.errors import DatabaseUnavailable
from coin_models.settings.root import Settings
from coin_models_tests.backends import fresh_database, stack_settings
from coin_models_tests.db.failover import Failover
from coin_models_tests.db.test_engine import add_lease


@pytest.fixture
def settings(stack_access: StackAccess, tmp_path: Path) -> Iterator[Settings]:
    """A database of its own, so that what a test does to it is felt by no other."""
    with fresh_database(stack_access) as url:
        yield stack_settings(stack_access, home=tmp_path / "home", database_url=url)


@pytest.fixture
def failover(settings: Settings) -> Failover:
    assert settings.database_url is not None
    return Failover(settings.database_url.get_secret_value())


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    opened = open_database(settings)
    yield opened
    opened.close()


def names(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.execute(select(leases.c.name).order_by(leases.c.name)).scalars())


def test_a_transaction_waits_for_the_end_of_a_failover_and_a_read_does_not(
    database: Database, failover: Failover, caplog: pytest.LogCaptureFixture
) -> None:
    with failover.read_only(seconds=1.0):
        began = time.monotonic()
        read_names, read_seconds = names(database), time.monotonic() - began
        with database.begin() as connection:
            add_lease(connection)

    assert (read_names, names(database)) == ([], ["a"])
    assert read_seconds < 0.5
    assert sum("cannot reach the database, retrying for 120 s" in message for message in caplog.messages) == 1
    assert "the server is read-only (SQLSTATE 25006); after a failover that passes" in caplog.text


def test_a_server_that_stays_read_only_is_given_up_in_a_sentence(settings: Settings, failover: Failover) -> None:
    open_database(settings).close()
    database = open_database(settings, patience_seconds=0.5)
    with (
        failover.read_only(seconds=2.0),
        pytest.raises(DatabaseUnavailable, match=r"read-only \(SQLSTATE 25006\); .* name the primary in database_url"),
        database.begin(),
    ):
        pass

    database.close()


def test_the_connection_of_a_reading_transaction_may_break_before_any_statement(
    database: Database, failover: Failover
) -> None:
    with database.begin() as connection:
        add_lease(connection)
    with database.read() as connection:
        failover.end_connections()
        first = connection.execute(select(leases.c.name)).scalars().all()
        failover.end_connections()
        second = connection.scalar(select(leases.c.name))

    assert (first, second) == (["a"], "a")


def test_the_connection_of_a_reading_transaction_may_break_after_its_last_statement(
    database: Database, failover: Failover
) -> None:
    with database.read() as connection:
        read_names = connection.execute(select(leases.c.name)).scalars().all()
        failover.end_connections()

    assert (read_names, names(database)) == ([], [])


def test_an_error_within_a_transaction_is_the_one_that_is_raised_though_its_connection_breaks_too(
    database: Database, failover: Failover
) -> None:
    def fail() -> None:
        with database.begin() as connection:
            add_lease(connection)
            failover.end_connections()
            raise KeyError("ours")

    with pytest.raises(KeyError, match="ours"):
        fail()
    assert names(database) == []


def test_the_connection_of_a_writing_transaction_may_break_before_its_first_statement(
    database: Database, failover: Failover
) -> None:
    with database.begin() as connection:
        failover.end_connections()
        add_lease(connection)

    assert names(database) == ["a"]


def test_a_later_statement_is_not_sent_alone_on_another_connection(database: Database, failover: Failover) -> None:
    def write() -> None:
        with database.begin() as connection:
            add_lease(connection)
            failover.end_connections()
            add_lease(connection, "b")

    with pytest.raises(DatabaseUnavailable):
        write()
    assert names(database) == []


def test_connections_that_are_ended_all_the_time_lose_no_idempotent_work(
    database: Database, failover: Failover
) -> None:
    def work(connection: Connection, number: int) -> None:
        add_lease(connection, f"{number}a")
        add_lease(connection, f"{number}b")

    with failover.connections_ended_every(seconds=0.05):
        for number in range(20):
            database.transact(lambda connection, number=number: work(connection, number))  # type: ignore[misc]

    assert len(names(database)) == 40


def test_tables_are_made_though_connections_are_ended_meanwhile(settings: Settings, failover: Failover) -> None:
    with failover.connections_ended_every(seconds=0.1, times=5):  # making them takes longer than 0.1 s
        opened = open_database(settings)

    assert names(opened) == []
    opened.close()


def test_a_password_and_a_name_may_have_any_sign(stack_access: StackAccess, tmp_path: Path) -> None:
    with fresh_database(stack_access) as url:
        admin = Failover(url)
        with admin.role(password="p%40@:/?# ü", database='odd "%/?# ü') as given:
            settings = stack_settings(stack_access, home=tmp_path, database_url=given)
            opened = open_database(settings)
            with opened.begin() as connection:
                add_lease(connection)
            read_names = names(opened)
            opened.close()

    assert read_names == ["a"]
