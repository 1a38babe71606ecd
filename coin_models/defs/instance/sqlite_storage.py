"""The embedded home's Dagster event log: Dagster's own SQLite storage, with one file and a kept connection.

Dagster 1.13's `SqliteEventLogStorage` makes a new SQLAlchemy engine for every event: connect, compile, fsync, close.
One event then takes about 20 ms, a run over 500 coins (3,010 events) a minute. Kept engines and WAL's
`synchronous=NORMAL` (a killed process loses nothing; a power cut at most the last events, which the next run repeats
from the registry without training) reduce it to a fraction; docs/adr/0101 has the figures. Questions whose answer does
not change (is the shard at the newest schema, does this table exist) are asked once.

Dagster also stores the events of a run in a file of the run, and those of assets and checks once more in `index.db`. Here
the index has all of them, once, in one transaction an event, and a run has no file (docs/adr/0137). The files of runs that
an earlier version recorded are read and continued as they are.
"""

import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from dagster import DagsterEventType
from sqlalchemy import Connection, Engine, NullPool, StaticPool, create_engine, delete, event, text

from coin_models.defs.instance.clean_events import keep_events_clean
from coin_models.defs.instance.private import (
    SqlEventLogStorage,
    SqlEventLogStorageTable,
    SqliteEventLogStorage,
    SqlPollingEventWatcher,
)
from coin_models.defs.instance.sqlite_paths import sqlite_url
from coin_models.private_files import make_private_file, make_private_folder

_KEPT_ENGINES = 8  # the index shard and the newest runs of before; a home of 1,000 days must not hold 1,000 files open
_INDEX_SHARD = "index"  # of all runs together; the others bear the id of their run
_BUSY_SECONDS = 30  # Dagster's own wait for another writer
_ANNOUNCEMENTS = (DagsterEventType.ASSET_MATERIALIZATION_PLANNED, DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED)
_PLANNED_CHECKS = text("DELETE FROM asset_check_executions WHERE run_id = :run AND execution_status = 'PLANNED'")
_PAGE_BYTES = 8_192  # an event has 1 to 3 kB: of SQLite's pages of 4 kB a fifth stays empty


class KeptSqliteEventLogStorage(SqliteEventLogStorage):
    """Dagster's SQLite event log in one file, with kept connections."""

    def __init__(self, base_dir: str, inst_data: Any = None) -> None:
        self._engines: OrderedDict[str, Engine] = OrderedDict()
        self._seen_tables: set[str] = set()
        self._runs_of_before: set[str] = set()
        self._lock = threading.RLock()
        self._begun: dict[str, Connection] = {}  # by shard, the transaction of the thread that has the lock
        self._watcher: SqlPollingEventWatcher | None = None
        keep_events_clean()
        is_new = _make_file(Path(base_dir) / f"{_INDEX_SHARD}.db")
        super().__init__(base_dir, inst_data)
        if is_new:  # as the parent does where there is no file
            self.reindex_events()
            self.reindex_assets()

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> Self:
        """Builds it from dagster.yaml; the parent's own names itself."""
        return cls(inst_data=inst_data, **config_value)

    def path_for_shard(self, run_id: str) -> str:
        """The file of a run that has one; the index of all others, which the UI watches while they run."""
        return str(self._file_of(self._shard_of(run_id)))

    def conn_string_for_shard(self, shard_name: str) -> str:
        """As the parent's, in whatever folder: see sqlite_paths.py."""
        return sqlite_url(Path(self.path_for_shard(shard_name)))

    def store_event(self, event: Any) -> None:
        """Stores an event once, with its tags, its asset's row and its check's, or nothing of it."""
        with self._connect(event.run_id):
            if self._shard_of(event.run_id) == _INDEX_SHARD:
                SqlEventLogStorage.store_event(self, event)
            else:
                super().store_event(event)
            if event.is_dagster_event and event.dagster_event_type is DagsterEventType.RUN_SUCCESS:
                self._forget_plan(event.run_id)

    def get_event_records(
        self, event_records_filter: Any, limit: int | None = None, ascending: bool = False
    ) -> Sequence[Any]:
        """Of all runs, in one statement: the parent looks into the file of each."""
        return SqlEventLogStorage.get_event_records(self, event_records_filter, limit, ascending)

    def watch(self, run_id: str, cursor: str | None, callback: Any) -> None:
        """Shows a run that another process executes as it runs, by asking: under WAL its file changes every 1,000 pages."""
        if self._watcher is None:
            self._watcher = SqlPollingEventWatcher(self)
        self._watcher.watch_run(run_id, cursor, callback)

    def end_watch(self, run_id: str, handler: Any) -> None:
        """Ends a watch."""
        if self._watcher is not None:
            self._watcher.unwatch_run(run_id, handler)

    def dispose(self) -> None:
        """Ends the watches and closes the kept connections."""
        if self._watcher is not None:
            self._watcher.close()
            self._watcher = None
        while self._engines:
            self._engines.popitem()[1].dispose()
        super().dispose()

    def forget_shard(self, run_id: str) -> None:
        """Removes the file of a run's own events, where it has one."""
        with self._lock:
            engine = self._engines.pop(run_id, None)
            if engine is not None:
                engine.dispose()
            self._initialized_dbs.discard(run_id)
            self._runs_of_before.discard(run_id)
            for suffix in ("", "-wal", "-shm"):
                Path(f"{self._file_of(run_id)}{suffix}").unlink(missing_ok=True)

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
        """A transaction, or the one that this thread has begun."""
        with self._lock:
            shard = self._shard_of(shard)
            if shard in self._begun:
                yield self._begun[shard]
                return
            engine = self._engine(shard)
            if shard not in self._initialized_dbs:
                self._initdb(engine)
                self._initialized_dbs.add(shard)
            with engine.begin() as connection:
                self._begun[shard] = connection
                try:
                    yield connection
                finally:
                    del self._begun[shard]

    def _forget_plan(self, run_id: str) -> None:
        """Removes what a run that succeeded had announced: a quarter of its bytes, beside what it made of it."""
        events = SqlEventLogStorageTable.c
        announced = events.dagster_event_type.in_([kind.value for kind in _ANNOUNCEMENTS])
        with self.index_connection() as connection:
            connection.execute(delete(SqlEventLogStorageTable).where((events.run_id == run_id) & announced))
            connection.execute(_PLANNED_CHECKS, {"run": run_id})

    def _file_of(self, shard: str) -> Path:
        return Path(self._base_dir) / f"{shard}.db"

    def _shard_of(self, run_id: str | None) -> str:
        """The run's own, where an earlier version put its events there: an empty one is of a version that did not find them."""
        if run_id is None or run_id == _INDEX_SHARD:
            return _INDEX_SHARD
        if run_id not in self._runs_of_before and self._file_of(run_id).exists() and _has_events(self._file_of(run_id)):
            self._runs_of_before.add(run_id)
        return run_id if run_id in self._runs_of_before else _INDEX_SHARD

    def _engine(self, shard: str) -> Engine:
        if shard in self._engines:
            self._engines.move_to_end(shard)
            return self._engines[shard]
        engine = create_engine(
            self.conn_string_for_shard(shard),
            poolclass=StaticPool,  # guarded by _lock, as everything here
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


def _make_file(path: Path) -> bool:
    """Makes an index with our size of pages, which cannot be changed later; whether Dagster's tables are still to be made."""
    if not path.exists() or not path.stat().st_size:
        make_private_folder(path.parent)
        make_private_file(path)
        _ask(path, "PRAGMA journal_mode = WAL", after=f"PRAGMA page_size = {_PAGE_BYTES}")  # writes the first page
    return not _has_table(path)


def _has_table(path: Path) -> bool:
    return _ask(path, "SELECT 1 FROM sqlite_master WHERE name = 'event_logs'")


def _has_events(path: Path) -> bool:
    return _has_table(path) and _ask(path, "SELECT 1 FROM event_logs LIMIT 1")


def _ask(path: Path, statement: str, *, after: str | None = None) -> bool:
    """Whether the statement answers anything, by a connection of its own: no shard is opened for it."""
    engine = create_engine(sqlite_url(path), poolclass=NullPool, connect_args={"timeout": _BUSY_SECONDS})
    with engine.connect() as connection:
        if after is not None:
            connection.exec_driver_sql(after)
        return connection.exec_driver_sql(statement).first() is not None
