"""The table of candle files: size, time and digest of each when it was read, and when its newest candle closes."""

import stat
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import delete, select

from coin_models.clock import Clock
from coin_models.db.engine import Database
from coin_models.db.schema import candle_files as table
from coin_models.db.upsert import insert_for
from coin_models.errors import CandlesRejected

_ROWS_PER_STATEMENT: Final = 1000  # of 8 values each; SQLite takes 32,766


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
        CandlesRejected: it is not there, cannot be reached, or is no regular file (a FIFO would be waited for without
            end), or a link to a file outside its folder (whose content an error would quote).
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
    if path.is_symlink() and not path.resolve().is_relative_to(path.parent.resolve()):
        raise CandlesRejected(f"{path} is a link out of its folder, which is not followed; put the file itself there")
    return FileStamp(path=str(path), size=status.st_size, modified_ns=status.st_mtime_ns)


class CandleFiles:
    """The files as they were when they were last looked at."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock

    def read(self, coins: Sequence[str] | None = None) -> dict[str, tuple[FileFacts, ...]]:
        """The facts of each coin's files, by path; unset: of all coins."""
        query = select(table).order_by(table.c.coin, table.c.path)
        if coins is not None:
            query = query.where(table.c.coin.in_(coins))
        by_coin: dict[str, tuple[FileFacts, ...]] = {}
        with self._database.read() as connection:
            for row in connection.execute(query):
                facts = FileFacts(
                    stamp=FileStamp(path=row.path, size=row.size, modified_ns=row.modified_ns),
                    sha256=row.sha256,
                    last_close_ms=row.last_close_ms,
                    problem=row.problem,
                    read_at=row.read_at,
                )
                by_coin[row.coin] = (*by_coin.get(row.coin, ()), facts)
        return by_coin

    def write(self, facts: Mapping[str, Sequence[FileFacts]]) -> None:
        """Notes what was found in the files of each coin, which has these files and no others."""
        rows = [self._row(coin, file) for coin, files in facts.items() for file in files]
        if not rows:
            return
        with self._database.begin() as connection:
            for start in range(0, len(rows), _ROWS_PER_STATEMENT):
                statement = insert_for(connection, table).values(rows[start : start + _ROWS_PER_STATEMENT])
                changed = {column.name: statement.excluded[column.name] for column in table.c if not column.primary_key}
                connection.execute(statement.on_conflict_do_update(index_elements=["coin", "path"], set_=changed))
            for coin, files in facts.items():
                paths = [file.stamp.path for file in files]
                connection.execute(delete(table).where(table.c.coin == coin, table.c.path.not_in(paths)))

    def _row(self, coin: str, file: FileFacts) -> dict[str, Any]:
        return {
            "coin": coin,
            "path": file.stamp.path,
            "size": file.stamp.size,
            "modified_ns": file.stamp.modified_ns,
            "sha256": file.sha256,
            "last_close_ms": file.last_close_ms,
            "problem": file.problem,
            "read_at": self._clock.now(),
        }

    def forget(self, coin: str) -> None:
        """Drops what is known of the coin's files."""
        with self._database.begin() as connection:
            connection.execute(delete(table).where(table.c.coin == coin))
