"""Dagster's PostgreSQL storage, which waits for a restarting server as long as our own transactions do.

Dagster 1.13 (dagster_postgres.utils and .event_log) holds no connection (`NullPool`): each statement connects anew. It
tries six times within about 11 s, then `DagsterPostgresException` ends the run, in the middle of a fit too, because a
log line is a row. A restart takes that long on a small machine. So connecting waits for 30 s here, as in db/engine.py.
A statement that is running when the server stops is lost in either case: the run fails, its coins count as interrupted,
and the same command, or the resume sensor, continues from the checkpoint.

The web server replaces the engines by pools of its own (`optimize_for_webserver`), without this wait: a page can be
reloaded.

SQLAlchemy 2.1 takes a bare `postgresql://` for psycopg 3, which Dagster's storage does not use: this module names the
driver too.
"""

from typing import Any, Self

from dagster_postgres import DagsterPostgresStorage
from dagster_postgres.utils import pg_url_from_config
from sqlalchemy import make_url

from coin_models.db.engine import PATIENCE_SECONDS
from coin_models.db.patience import connect_patiently


class RetryingPostgresStorage(DagsterPostgresStorage):
    """Dagster's runs, events and schedules in PostgreSQL."""

    def __init__(self, postgres_url: str, inst_data: Any = None) -> None:
        super().__init__(postgres_url, inst_data=inst_data)
        for storage in (self._run_storage, self._event_log_storage, self._schedule_storage):
            connect_patiently(storage._engine, PATIENCE_SECONDS)

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> Self:
        """Builds it from dagster.yaml; the parent's own names itself."""
        url = make_url(pg_url_from_config(config_value)).set(drivername="postgresql+psycopg2")
        return cls(url.render_as_string(hide_password=False), inst_data)
