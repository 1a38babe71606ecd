"""Reads one candle file: its bytes, its table, its rows."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from coin_models.errors import CandlesRejected, SourceRefused, SourceUnavailable
from coin_models.market.candle_files import FileStamp, stamp_of
from coin_models.market.candles import Candles
from coin_models.market.files.limits import refuse_bytes
from coin_models.market.files.outcomes import FileTimes, LeftOut, RowsRead
from coin_models.market.files.rows import read_rows
from coin_models.market.files.tables import parse_table
from coin_models.market.timeframe import Timeframe


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FileReading:
    """What one file holds."""

    stamp: FileStamp
    sha256: str  # hex, of the bytes that were read
    rows: RowsRead

    @property
    def path(self) -> Path:
        """Where the file is."""
        return Path(self.stamp.path)

    @property
    def candles(self) -> Candles:
        """Its candles."""
        return self.rows.candles

    @property
    def left_out(self) -> tuple[LeftOut, ...]:
        """Its rows that are no candles."""
        return self.rows.left_out


def read_candle_file(path: Path, coin: str, timeframe: Timeframe, now: datetime) -> FileReading:
    """All candles of one file.

    Args:
        path: its name tells the format.
        coin: base asset, by which its volume column is told from the quote's.
        timeframe: what its candles must be.
        now: no date without a zone may be later.

    Raises:
        SourceUnavailable: the file could not be read this time.
        CandlesRejected: it is not there, or its content cannot be read safely: file, line, reason.
    """
    stamp = stamp_of(path)
    content = _content(path, stamp)
    table = parse_table(path, content, coin)
    file_times = FileTimes(written_ms=stamp.modified_ns // 1_000_000, now_ms=int(now.timestamp() * 1000))
    rows = read_rows(table, coin, timeframe, file_times)
    return FileReading(stamp=stamp, sha256=hashlib.sha256(content).hexdigest(), rows=rows)


def digest_file(path: Path) -> str:
    """SHA-256 in hex of a file; raises SourceUnavailable if it could not be read."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise SourceUnavailable(f"{path} could not be read: {error}") from error


def _content(path: Path, stamp: FileStamp) -> bytes:
    refuse_bytes(path, stamp.size)
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise SourceRefused(f"{path} does not exist") from error
    except (PermissionError, IsADirectoryError) as error:
        raise CandlesRejected(f"{path} cannot be read: {error.strerror}; correct or remove it") from error
    except OSError as error:
        raise SourceUnavailable(f"{path} could not be read: {error}") from error
