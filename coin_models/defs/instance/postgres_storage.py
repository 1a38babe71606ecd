"""Dagster's PostgreSQL storage, which waits for a server that restarts or fails over as long as our transactions do.

Dagster 1.13 (dagster_postgres.utils and .event_log) holds no connection (`NullPool`): each statement connects again
and commits by itself. Here a process keeps one connection for its three storages, and opens more only while threads
need them (docs/adr/0151). Connecting is tried six times by Dagster within about 11 s, whatever the error; then
`DagsterPostgresException` ends the run, in the middle of a fit too, because a log line is a row. A statement that
meets a stopping or read-only server ends it at once. Here both are retried as in db/retrying.py, with the same
reading of errors: what waiting cannot help, such as a wrong password, ends at once in a sentence. A statement within
one of Dagster's few transactions is lost: the run fails, its coins count as interrupted, and the same command, or the
resume sensor, continues from the checkpoint.

The web server replaces the engines by pools of its own (`optimize_for_webserver`), without this wait: a page can be
reloaded.

The process that opens an empty database creates Dagster's tables, one storage after the other and with a look before that another
process can pass: one opens at a time, under an advisory lock, as our own migrations do (db/migrate.py).

SQLAlchemy 2.1 takes a bare `postgresql://` for psycopg 3, which Dagster's storage does not use: this module names the
driver too.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, Self
from weakref import WeakSet

from dagster import Field
from dagster_postgres import (
    DagsterPostgresStorage,
    PostgresEventLogStorage,
    PostgresRunStorage,
    PostgresScheduleStorage,
)
from dagster_postgres.utils import pg_config, pg_url_from_config
from sqlalchemy import URL, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool

from coin_models.db.engine import PATIENCE_SECONDS
from coin_models.db.failures import explain
from coin_models.db.opening import postgres_url
from coin_models.db.retrying import database_backoff, read_only_signs, retry_connections
from coin_models.defs.instance.clean_events import keep_events_clean
from coin_models.errors import DatabaseUnavailable

WAIT_SECONDS = "wait_seconds"
_FIRST_TABLES: Mapping[str, Any] = {
    "runs": PostgresRunStorage,
    "event_logs": PostgresEventLogStorage,
    "jobs": PostgresScheduleStorage,
}
"""The table by which each storage tells whether it has been created."""
_CREATED_TWICE = ("42P07", "23505")
"""SQLSTATEs of two that create one table: the lock ends with its connection."""
_CREATING = 0x64616773  # "dags": PostgreSQL's advisory lock of the process that may create Dagster's tables


def _pooled(url: str) -> Engine:
    """One connection that is kept, and as many more as threads need at an instant: without a pool there was no limit either."""
    engine = create_engine(
        url,
        isolation_level="AUTOCOMMIT",  # as Dagster's own
        hide_parameters=True,
        pool_pre_ping=True,  # a restarted server leaves a dead connection, which would end one of Dagster's transactions
        pool_size=1,
        max_overflow=-1,
    )
    event.listen(engine, "checkin", _forget_if_read_only)
    _kept_engines().add(engine)
    return engine


@cache
def _kept_engines() -> WeakSet[Engine]:
    """Those of this process. In a fork each gets an empty pool: with its parent's, one socket would carry the answers of two."""
    engines: WeakSet[Engine] = WeakSet()

    def forget_parents() -> None:
        for engine in engines:
            engine.dispose(close=False)

    os.register_at_fork(after_in_child=forget_parents)
    return engines


def _forget_if_read_only(connection: Any, record: ConnectionPoolEntry) -> None:
    """A session that began while the server was read-only may stay so for good: the next one that needs it connects again."""
    if connection is not None and not connection.closed and "on" in read_only_signs(connection):
        record.invalidate()


class _PooledRunStorage(PostgresRunStorage):
    """Dagster's, which closes the kept connection with the instance: `DagsterInstance.dispose` reaches runs and events alone."""

    def dispose(self) -> None:
        """As the parent's."""
        super().dispose()
        self._engine.dispose()


class RetryingPostgresStorage(DagsterPostgresStorage):
    """Dagster's runs, events and schedules in PostgreSQL."""

    def __init__(self, postgres_url: str, inst_data: Any = None, wait_seconds: float = PATIENCE_SECONDS) -> None:
        super().__init__(postgres_url, inst_data=inst_data)
        keep_events_clean()
        self._run_storage = _PooledRunStorage(postgres_url, should_autocreate_tables=False)
        engine = _pooled(postgres_url)
        retry_connections(engine, wait_seconds)
        for storage in (self._run_storage, self._event_log_storage, self._schedule_storage):
            storage._engine = engine

    def _mark_migrations_done(self) -> None:
        """Notes, as the parent does after it has created tables, that new tables need none of Dagster's data migrations."""
        self._run_storage.migrate()
        self._event_log_storage.reindex_events()
        self._event_log_storage.reindex_assets()
        self._schedule_storage.migrate()

    @classmethod
    def config_type(cls) -> Any:
        """The parent's, and for how many seconds a server that is unavailable is waited for."""
        config: dict[str, Any] = dict(pg_config())  # type: ignore[arg-type]  # declared as anything that may be one
        return config | {WAIT_SECONDS: Field(float, is_required=False, default_value=PATIENCE_SECONDS)}

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> Self:
        """Builds it from dagster.yaml; the parent's own names itself.

        Raises:
            DatabaseUnavailable: the server cannot be reached in time.
            DatabaseError: it refuses.
        """
        url = postgres_url(make_url(pg_url_from_config(config_value)))
        seconds = config_value.get(WAIT_SECONDS, PATIENCE_SECONDS)

        def build() -> Any:
            try:
                with _alone(url, seconds):
                    given = url.render_as_string(hide_password=False)
                    created = _create_tables(given)
                    storage = cls(given, inst_data, seconds)
                    if created:
                        storage._mark_migrations_done()
                    return storage
            except DBAPIError as error:
                if getattr(error.orig, "pgcode", None) in _CREATED_TWICE:
                    raise DatabaseUnavailable("another process creates Dagster's tables at the same time") from error
                raise explain(error, url) from error

        # The parent's constructors meet a connection that ends before their engines can wait.
        storage: Self = database_backoff(seconds).run(build)
        return storage


def _create_tables(url: str) -> bool:
    """Creates Dagster's tables where its first one is missing, all of a storage or none; whether any was.

    The parent's engines commit each statement by itself, and take the first table for all of them from then on: an opening that
    was ended in between would leave a database that no one can use.
    """
    created = False
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
    there = set(inspect(engine).get_table_names())
    for first, kind in _FIRST_TABLES.items():
        if first not in there:
            storage = kind(url, should_autocreate_tables=False)
            storage._engine = engine  # one transaction: PostgreSQL's covers tables
            storage._init_db()
            created = True
    return created


@contextmanager
def _alone(url: URL, seconds: float) -> Iterator[None]:
    """Within it no other process of any machine opens this storage; the lock ends with the process.

    It connects first of all: the parent's first connection is made before this storage can make it wait.
    """
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
    retry_connections(engine, seconds)
    connection = engine.connect()
    try:
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _CREATING})
        yield
    finally:
        connection.close()
