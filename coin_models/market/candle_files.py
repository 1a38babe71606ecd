"""The table of candle files: size, time and digest of each when it was read, and when its newest candle closes."""

import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, select

from coin_models.clock import Clock
from coin_models.db.engine import Database
from coin_models.db.schema import candle_files as table
from coin_models.db.upsert import insert_for
from coin_models.errors import CandlesRejected


@dataclass(frozen=True, slots=True, kw_only=True)
class FileStamp:
    """What tells cheaply that a file changed."""

    path: str
    size: int  # bytes
    modified_ns: int  # epoch nanoseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFacts:
    """A file as it was when it was last looked at."""

    stamp: FileStamp
    sha256: str = ""  # hex; empty: only its newest candle was looked for
    last_close_ms: int | None = None  # when the newest candle closes, UTC epoch milliseconds; None without candles
    problem: str | None = None  # why it cannot be read
    read_at: datetime | None = None  # set by the repository


def stamp_of(path: Path) -> FileStamp:
    """The file's size and time, links followed.

    Raises:
        CandlesRejected: it is not there, cannot be reached, or is no regular file (a FIFO would be waited for without end).
    """
    try:
        status = path.stat()
    except FileNotFoundError as error:
        what = f"a link to {path.readlink()}, which does not exist" if path.is_symlink() else "not there any more"
        raise CandlesRejected(f"{path} is {what}; restore or remove it") from error
    except OSError as error:
        raise CandlesRejected(f"{path} cannot be reached: {error.strerror}; correct or remove it") from error
    if not stat.S_ISREG(status.st_mode):
        raise CandlesRejected(f"{path} is no regular file; remove it")
    return FileStamp(path=str(path), size=status.st_size, modified_ns=status.st_mtime_ns)


class CandleFiles:
    """The files as they were when they were last looked at."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def read(self, coins: Sequence[str] | None = None) -> dict[str, FileFacts]:
        """The facts by coin; unset: of all coins. Of a coin whose file was renamed, those of the newest."""
        query = select(table).order_by(table.c.read_at)
        if coins is not None:
            query = query.where(table.c.coin.in_(coins))
        with self._database.read() as connection:
            return {
                row.coin: FileFacts(
                    stamp=FileStamp(path=row.path, size=row.size, modified_ns=row.modified_ns),
                    sha256=row.sha256,
                    last_close_ms=row.last_close_ms,
                    problem=row.problem,
                    read_at=row.read_at,
                )
                for row in connection.execute(query)
            }

    def write(self, facts: Mapping[str, FileFacts]) -> None:
        """Notes what was found; each coin has one file."""
        rows = [
            {
                "coin": coin,
                "path": found.stamp.path,
                "size": found.stamp.size,
                "modified_ns": found.stamp.modified_ns,
                "sha256": found.sha256,
                "last_close_ms": found.last_close_ms,
                "problem": found.problem,
                "read_at": self._clock.now(),
            }
            for coin, found in facts.items()
        ]
        if not rows:
            return
        with self._database.begin() as connection:
            statement = insert_for(connection, table).values(rows)
            changed = {column.name: statement.excluded[column.name] for column in table.c if not column.primary_key}
            connection.execute(statement.on_conflict_do_update(index_elements=["coin", "path"], set_=changed))
            for coin, found in facts.items():
                connection.execute(delete(table).where(table.c.coin == coin, table.c.path != found.stamp.path))

    def forget(self, coin: str) -> None:
        """Drops what is known of the coin's file."""
        with self._database.begin() as connection:
            connection.execute(delete(table).where(table.c.coin == coin))
