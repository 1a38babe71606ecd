"""Simulates a failover of one database of the stack: read-only for a while, and terminated connections."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.pool import NullPool

_OTHERS = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"

_SETTLE_SECONDS = 10.0
_NUM_OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


class Failover:
    """Of one database; other databases of the server notice nothing."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url).set(drivername="postgresql+psycopg2")
        # It connects by itself before the database is read-only, and its own sessions stay writable.
        self._engine = _engine(self._url)

    def end_connections(self) -> None:
        """Ends every connection to the database but this one; returns when their processes are gone."""
        with self._engine.connect() as connection:
            connection.execute(text(_OTHERS.replace("(pid)", "(pid, 10000)", 1)))  # ms

    def num_connections(self, expected: int) -> int:
        """Connections to the database but this one, once they are as many as expected: a process of the server ends by itself."""
        deadline = time.monotonic() + _SETTLE_SECONDS
        with self._engine.connect() as connection:
            while (number := int(connection.execute(text(_NUM_OTHERS)).scalar_one())) != expected:
                if time.monotonic() > deadline:
                    break
                time.sleep(0.02)
            return number

    @contextmanager
    def connections_ended_every(self, *, seconds: float, times: int = 1_000_000) -> Iterator[None]:
        """Within it, every connection is ended again and again, at most that many times."""
        stop = threading.Event()

        def work() -> None:
            with self._engine.connect() as connection:
                for _ in range(times):
                    if stop.wait(seconds):
                        return
                    connection.execute(text(_OTHERS))

        thread = threading.Thread(target=work)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()

    @contextmanager
    def read_only(self, *, seconds: float) -> Iterator[None]:
        """For so long every new session is read-only, and stays so; what is connected is ended, as a failover does."""
        self._set_read_only("on")
        self.end_connections()
        timer = threading.Timer(seconds, self._set_read_only, ["off"])
        timer.start()
        try:
            yield
        finally:
            timer.join()

    @contextmanager
    def role(self, *, password: str, database: str) -> Iterator[str]:
        """URL of a fresh user with that password, and of a database of that name which is the user's."""
        named = database.replace('"', '""')
        with self._engine.connect() as connection:
            connection.execute(text(f"CREATE ROLE odd LOGIN PASSWORD '{password.replace(':', chr(92) + ':')}'"))
            connection.exec_driver_sql(f'CREATE DATABASE "{named.replace("%", "%%")}" OWNER odd')
        try:
            url = self._url.set(drivername="postgresql", username="odd", password=password, database=database)
            yield url.render_as_string(hide_password=False)
        finally:
            with self._engine.connect() as connection:
                connection.exec_driver_sql(f'DROP DATABASE "{named.replace("%", "%%")}" WITH (FORCE)')
                connection.execute(text("DROP ROLE odd"))

    def _set_read_only(self, value: str) -> None:
        name = str(self._url.database)
        with self._engine.connect() as connection:
            connection.execute(text("SET default_transaction_read_only = off"))
            connection.execute(text(f'ALTER DATABASE "{name}" SET default_transaction_read_only = {value}'))


def _engine(url: object) -> Engine:
    return create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")  # type: ignore[call-overload,no-any-return]
