"""Dagster's PostgreSQL storage, which waits for a server that restarts or fails over as long as our transactions do.

Dagster 1.13 (dagster_postgres.utils and .event_log) holds no connection (`NullPool`): each statement connects again and
commits by itself. Connecting is tried six times within about 11 s, whatever the error; then `DagsterPostgresException` ends
the run, in the middle of a fit too, because a log line is a row. A statement that meets a stopping or read-only server ends
it at once. Here both are retried as in db/retrying.py, with the same reading of errors: what waiting cannot help, such as a
wrong password, ends at once in a sentence. A statement within one of Dagster's few transactions is lost: the run fails,
its coins count as interrupted, and the same command, or the resume sensor, continues from the checkpoint.

The web server replaces the engines by pools of its own (`optimize_for_webserver`), without this wait: a page can be
reloaded.

The process that opens an empty database creates Dagster's tables, one storage after the other and with a look before that another
process can pass: one opens at a time, under an advisory lock, as our own migrations do (db/migrate.py).

SQLAlchemy 2.1 takes a bare `postgresql://` for psycopg 3, which Dagster's storage does not use: this module names the
driver too.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Self

from dagster import Field
from dagster_postgres import (
    DagsterPostgresStorage,
    PostgresEventLogStorage,
    PostgresRunStorage,
    PostgresScheduleStorage,
)
from dagster_postgres.utils import pg_config, pg_url_from_config
from sqlalchemy import URL, create_engine, inspect, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from coin_models.db.engine import PATIENCE_SECONDS
from coin_models.db.failures import explain
from coin_models.db.opening import postgres_url
from coin_models.db.retrying import database_backoff, retry_connections
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


class RetryingPostgresStorage(DagsterPostgresStorage):
    """Dagster's runs, events and schedules in PostgreSQL."""

    def __init__(self, postgres_url: str, inst_data: Any = None, wait_seconds: float = PATIENCE_SECONDS) -> None:
        super().__init__(postgres_url, inst_data=inst_data)
        keep_events_clean()
        for storage in (self._run_storage, self._event_log_storage, self._schedule_storage):
            retry_connections(storage._engine, wait_seconds)

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
