"""The embedded home's Dagster event log: Dagster's own SQLite storage, which keeps its connections.

Dagster 1.13's `SqliteEventLogStorage` makes a new SQLAlchemy engine for every event: connect, compile, fsync, close.
One event then takes about 20 ms, a run over 500 coins (3,010 events) a minute. Kept engines and WAL's
`synchronous=NORMAL` (a killed process loses nothing; a power cut at most the last events, which the next run repeats
from the registry without training) reduce it to a fraction; docs/adr/0101 has the figures. Questions whose answer does
not change (is the shard at the newest schema, does this table exist) are asked once.
"""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Connection, Engine, StaticPool, create_engine, event, text

from coin_models.defs.instance.clean_events import keep_events_clean
from coin_models.defs.instance.private import SqliteEventLogStorage
from coin_models.defs.instance.sqlite_paths import sqlite_url

_KEPT_ENGINES = 8  # the index shard and the newest runs; a backfill of 1,000 days must not hold 1,000 files open
_INDEX_SHARD = "index"  # of all runs together; the others bear the id of their run
_BUSY_SECONDS = 30  # Dagster's own wait for another writer


class KeptSqliteEventLogStorage(SqliteEventLogStorage):
    """Dagster's SQLite event log with one kept connection per shard."""

    def __init__(self, base_dir: str, inst_data: Any = None) -> None:
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        self._seen_tables: set[str] = set()
        keep_events_clean()
        super().__init__(base_dir, inst_data)

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> Self:
        """Builds it from dagster.yaml; the parent's own names itself."""
        return cls(inst_data=inst_data, **config_value)

    def conn_string_for_shard(self, shard_name: str) -> str:
        """As the parent's, in whatever folder: see sqlite_paths.py."""
        return sqlite_url(Path(self.path_for_shard(shard_name)))

    def dispose(self) -> None:
        """Closes the kept connections."""
        while self._engines:
            self._engines.popitem()[1].dispose()
        super().dispose()

    def forget_shard(self, run_id: str) -> None:
        """Removes the file of a run's own events; those of its assets are in the index."""
        with self._db_lock:
            engine = self._engines.pop(run_id, None)
            if engine is not None:
                engine.dispose()
            self._initialized_dbs.discard(run_id)
            for suffix in ("", "-wal", "-shm"):
                Path(f"{self.path_for_shard(run_id)}{suffix}").unlink(missing_ok=True)

    def has_table(self, table_name: str) -> bool:
        """Checks each table until it exists: it is never removed, and the parent connects again for every event."""
        if table_name not in self._seen_tables and super().has_table(table_name):
            self._seen_tables.add(table_name)
        return table_name in self._seen_tables

    def _initdb(self, engine: Engine, for_index_shard: bool = False) -> None:
        """As the parent's, which reads ninety migrations to learn that a shard that is stamped needs nothing."""
        with engine.connect() as connection:
            is_stamped = (
                engine.dialect.has_table(connection, "alembic_version")
                and connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
            )
        if not is_stamped:
            super()._initdb(engine, for_index_shard)

    @contextmanager
    def _connect(self, shard: str) -> Iterator[Connection]:
        with self._db_lock:
            engine = self._engine(shard)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.begin() as connection:
                yield connection

    def _engine(self, shard: str) -> Engine:
        if shard in self._engines:
            self._engines.move_to_end(shard)
            return self._engines[shard]
        engine = create_engine(
            self.conn_string_for_shard(shard),
            poolclass=StaticPool,  # guarded by _db_lock, as everything here
            connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False},
        )
        event.listen(engine, "connect", _relax_synchronous)
        self._engines[shard] = engine
        if len(self._engines) > _KEPT_ENGINES:
            oldest = next(name for name in self._engines if name != _INDEX_SHARD)
            self._engines.pop(oldest).dispose()
        return engine


def _relax_synchronous(connection: Any, _record: Any) -> None:
    connection.execute("PRAGMA synchronous=NORMAL")
