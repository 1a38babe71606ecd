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

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from dagster import Field
from dagster_postgres import DagsterPostgresStorage
from dagster_postgres.utils import pg_config, pg_url_from_config
from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from coin_models.db.engine import PATIENCE_SECONDS
from coin_models.db.opening import postgres_url
from coin_models.db.retrying import retry_connections
from coin_models.defs.instance.clean_events import keep_events_clean

WAIT_SECONDS = "wait_seconds"
_CREATING = 0x64616773  # "dags": PostgreSQL's advisory lock of the process that may create Dagster's tables


class RetryingPostgresStorage(DagsterPostgresStorage):
    """Dagster's runs, events and schedules in PostgreSQL."""

    def __init__(self, postgres_url: str, inst_data: Any = None, wait_seconds: float = PATIENCE_SECONDS) -> None:
        super().__init__(postgres_url, inst_data=inst_data)
        keep_events_clean()
        for storage in (self._run_storage, self._event_log_storage, self._schedule_storage):
            retry_connections(storage._engine, wait_seconds)

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
        with _alone(url, seconds):
            return cls(url.render_as_string(hide_password=False), inst_data, seconds)


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
