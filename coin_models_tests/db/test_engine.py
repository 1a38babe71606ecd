"""Transactions, and what happens to them when the server or another writer gets in the way."""

import threading
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import Connection, select, text, update

from coin_models.db.engine import Database
from coin_models.db.opening import open_database
from coin_models.db.schema import leases
from coin_models.dev_stack.process import free_ports
from coin_models.errors import DatabaseUnavailable
from coin_models.settings.root import Settings
from coin_models_tests.backends import Backend
from coin_models_tests.db.lease_rows import add_lease


def test_a_transaction_that_ends_well_is_kept(database: Database) -> None:
    with database.begin() as connection:
        add_lease(connection)

    with database.read() as connection:
        assert connection.execute(select(leases.c.name)).scalars().all() == ["a"]


def test_a_transaction_that_raises_is_undone(database: Database) -> None:
    def fail() -> None:
        with database.begin() as connection:
            add_lease(connection)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with database.read() as connection:
        assert connection.execute(select(leases)).all() == []


def test_writers_that_read_before_they_write_lose_nothing(backend: Backend) -> None:
    database = backend.open_database()
    with database.begin() as connection:
        add_lease(connection)

    def add_ten() -> None:
        for _ in range(10):
            with database.begin() as connection:
                token = connection.execute(select(leases.c.token).with_for_update()).scalar_one()
                connection.execute(update(leases).values(token=token + 1))

    threads = [threading.Thread(target=add_ten) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with database.read() as connection:
        assert connection.execute(select(leases.c.token)).scalar_one() == 40
    database.close()


def test_a_reader_does_not_wait_for_a_writer(backend: Backend) -> None:
    writer, reader = backend.open_database(), backend.open_database()
    with writer.begin() as writing:
        add_lease(writing)
        with reader.read() as reading:
            rows = reading.execute(select(leases)).all()

    assert rows == []
    writer.close()
    reader.close()


def end_connections(backend: Backend) -> None:
    """What a restart of the server does to every connection but this one."""
    other = backend.open_database()
    with other.read() as connection:
        others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        connection.execute(text(f"SELECT pg_terminate_backend(pid) {others}"))
    other.close()


def test_connections_that_a_restart_ended_are_replaced_unnoticed(stack: Backend) -> None:
    database = stack.open_database()
    with database.begin() as connection:
        add_lease(connection)
    end_connections(stack)

    with database.begin() as connection:
        assert connection.execute(select(leases.c.name)).scalars().all() == ["a"]
    database.close()


def test_a_connection_lost_within_a_transaction_is_transient_and_commits_nothing(stack: Backend) -> None:
    database = stack.open_database()

    def lose_the_connection() -> None:
        with database.begin() as connection:
            add_lease(connection)
            end_connections(stack)
            add_lease(connection, "b")

    with pytest.raises(DatabaseUnavailable):
        lose_the_connection()
    with database.read() as connection:
        assert connection.execute(select(leases)).all() == []
    database.close()


def test_idempotent_work_whose_connection_is_lost_runs_again(stack: Backend) -> None:
    database, runs = stack.open_database(), []

    def work(connection: Connection) -> str:
        runs.append("run")
        add_lease(connection)
        if len(runs) == 1:
            end_connections(stack)
        add_lease(connection, "b")
        return "done"

    assert database.transact(work) == "done"
    assert len(runs) == 2
    with database.read() as connection:
        assert len(connection.execute(select(leases)).all()) == 2
    database.close()


def test_a_server_that_stays_away_is_waited_for_only_so_long(tmp_path: Path) -> None:
    url = f"postgresql://user:planted-secret@127.0.0.1:{free_ports(1)[0]}/name"
    pauses: list[float] = []
    opened = open_database(Settings(home=tmp_path, source="demo", database_url=SecretStr(url)), migrate=False)
    database = Database(opened.engine, patience_seconds=5.0, sleep=pauses.append)  # three pauses take at most 0.7 s

    with pytest.raises(DatabaseUnavailable, match="refused") as caught, database.begin():
        pass
    assert len(pauses) >= 3
    assert pauses[0] <= 0.1
    assert "planted-secret" not in f"{caught.value!r} {caught.value.__cause__!r} {database!r}"
