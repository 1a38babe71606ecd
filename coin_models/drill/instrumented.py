"""Services that mark the current phase for the drill; the drill's child process uses them.

Phases are noticed from outside: at the store, the database's statements and the fit's progress. Nothing else changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import event

from coin_models.db.engine import Database
from coin_models.db.opening import open_database
from coin_models.drill.phases import PhaseMarker
from coin_models.pipeline.services import ProgressSink, Services, checked
from coin_models.settings.root import Settings
from coin_models.storage import keys
from coin_models.storage.factory import build_store
from coin_models.storage.object_store import ObjectInfo, ObjectStore
from coin_models.training.results import Progress


@dataclass(frozen=True, kw_only=True)
class InstrumentedServices(Services):
    """The services, observed from outside: what they do is noted."""

    board: PhaseMarker

    @cached_property
    def database(self) -> Database:
        """The same database, its statements noticed."""
        database = open_database(self.settings)
        watch_statements(database, self.board)
        return database

    @cached_property
    def store(self) -> ObjectStore:
        """The same store, its keys noticed."""
        return WatchedStore(build_store(self.settings), self.board)


def instrumented_services(settings: Settings, progress: ProgressSink, phase_file: Path) -> Services:
    """The services of these settings, on whose work the file keeps track."""
    board = PhaseMarker(phase_file)
    services = InstrumentedServices(settings=settings, progress=_Watched(progress, board), board=board)
    return checked(services, create=True)


@dataclass(frozen=True, slots=True)
class _Watched:
    progress: ProgressSink
    board: PhaseMarker

    def __call__(self, progress: Progress) -> None:
        self.board.step(progress.day, progress.coins, progress.step)
        self.board.enter(_phase_of(progress))
        self.progress(progress)


def _phase_of(progress: Progress) -> str:
    if progress.phase == "validate":
        return "validation"
    if progress.phase == "save":
        return "saving"
    return "first epoch" if progress.epoch == 1 else "later epochs"


class WatchedStore:
    """Passes everything on to another store; notices what is put, read and removed."""

    def __init__(self, store: ObjectStore, board: PhaseMarker) -> None:
        self._store = store
        self._board = board

    @property
    def url(self) -> str:
        """Where it is, for people."""
        return self._store.url

    def put(self, key: str, data: bytes, *, if_absent: bool = False, durable: bool = True) -> ObjectInfo:
        """See `ObjectStore.put`."""
        if key == keys.IDENTITY:  # still start-up
            return self._store.put(key, data, if_absent=if_absent, durable=durable)
        with self._board.during(_phase_of_put(key)):
            return self._store.put(key, data, if_absent=if_absent, durable=durable)

    def get(self, key: str, *, sha256: str | None = None) -> bytes:
        """See `ObjectStore.get`."""
        return self._store.get(key, sha256=sha256)

    def get_many(self, wanted: Sequence[str]) -> dict[str, bytes]:
        """See `ObjectStore.get_many`."""
        if wanted and wanted[0].startswith(keys.CANDLES):
            self._board.enter("candles")
        return self._store.get_many(wanted)

    def list(self, prefix: str) -> list[ObjectInfo]:
        """See `ObjectStore.list`."""
        return self._store.list(prefix)

    def delete(self, key: str) -> None:
        """See `ObjectStore.delete`."""
        if self._board.see().phase in ("row", "tidying"):  # a fit removes old checkpoints too
            self._board.enter("tidying")
        self._store.delete(key)


def _phase_of_put(key: str) -> str:
    if key.startswith(keys.CHECKPOINTS):
        return "uploading"
    if key.startswith(keys.MODELS):
        return "weights" if "/weights-" in key else "manifest"
    return "candles"


def watch_statements(database: Database, board: PhaseMarker) -> None:
    """Notices the statements that begin a fit, publish a version and end an attempt."""

    def noticed(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith("INSERT INTO attempts"):
            board.enter("set-up")
        elif statement.startswith("INSERT INTO model_versions"):
            board.enter("row")
        elif _ends_an_attempt(statement) and board.see().phase in ("row", "tidying"):
            board.enter("event")

    event.listen(database.engine, "before_cursor_execute", noticed)


def _ends_an_attempt(statement: str) -> bool:
    """Not the note that a heartbeat makes of a running one."""
    return statement.startswith("UPDATE attempts SET") and "ended_at" in statement
