"""A folder of candle files as a source: one Parquet or CSV file per coin.

`file_reader` reads a file; `candle_files` notices changes.
"""

import hashlib
import threading
from collections import OrderedDict
from datetime import date
from pathlib import Path
from typing import Final

from coin_models.clock import Clock
from coin_models.errors import CandlesRejected, CoinUnknown, SourceUnavailable
from coin_models.market.candle_files import FileFacts, FileStamp, stamp_of
from coin_models.market.candles import Candles
from coin_models.market.source import FileContent
from coin_models.market.sources.file_reader import read_candle_file
from coin_models.market.sources.listing import coin_files
from coin_models.market.timeframe import Timeframe

_NUM_KEPT: Final = 16  # parsed files; a year of 5-minute candles is 5 MB


class FilesSource:
    """Candles of the files BASE_QUOTE.parquet, .csv or .csv.gz in one folder."""

    name: Final = "files"

    def __init__(self, folder: Path, quote: str, timeframe: Timeframe, clock: Clock) -> None:
        self._folder, self._quote, self._timeframe, self._clock = folder, quote, timeframe, clock
        self._kept: OrderedDict[FileStamp, FileContent] = OrderedDict()
        self._lock = threading.Lock()

    def coins(self) -> tuple[str, ...]:
        """The coins that have a file of this quote asset, sorted; from names alone, so that no bad file breaks it.

        Raises:
            SourceRefused: the folder cannot be read or holds no such file.
        """
        return tuple(coin_files(self._folder, self._quote))

    def fetch(self, coin: str, first: date, last: date) -> Candles:
        """The closed candles of the coin's file from `first` to `last`; raises as `read_all`."""
        return self.read_all(coin).candles.slice_days(first, last)

    def stamp(self, coin: str) -> FileStamp:
        """Size and time of the coin's file; raises as `read_all`, without reading it."""
        return stamp_of(self._path_of(coin))

    def read_all(self, coin: str) -> FileContent:
        """All closed candles of the coin's file, and the facts about the file.

        Raises:
            SourceRefused: the folder cannot be read.
            CoinUnknown: there is no file of this coin.
            SourceUnavailable: the file could not be read this time.
            CandlesRejected: the file cannot be read safely: its path, the line where there is one, the reason.
        """
        path = self._path_of(coin)
        stamp = stamp_of(path)
        with self._lock:
            content = self._kept.get(stamp)
        if content is None:
            candles = read_candle_file(path, coin, self._timeframe)
            content = FileContent(candles=candles, facts=_facts(stamp, _sha256(path), candles))
        with self._lock:
            self._kept[stamp] = content
            self._kept.move_to_end(stamp)
            while len(self._kept) > _NUM_KEPT:
                self._kept.popitem(last=False)
        closed = content.candles.closed_by(self._clock.now())
        return FileContent(candles=closed, facts=content.facts)

    def sha256(self, coin: str) -> str:
        """SHA-256 in hex of the coin's file; raises as `read_all`."""
        return _sha256(self._path_of(coin))

    def _path_of(self, coin: str) -> Path:
        files = coin_files(self._folder, self._quote)
        if coin not in files:
            raise CoinUnknown(f"{self._folder} holds no file of {coin}_{self._quote}; it has {', '.join(files)}")
        path, *others = files[coin]
        if others:
            names = ", ".join(other.name for other in (path, *others))
            raise CandlesRejected(f"{self._folder} holds {1 + len(others)} files of {coin}: {names}; keep one of them")
        return path


def _facts(stamp: FileStamp, sha256: str, candles: Candles) -> FileFacts:
    closed = candles.last_close_time
    return FileFacts(
        stamp=stamp, sha256=sha256, last_close_ms=int(closed.timestamp() * 1000) if closed is not None else None
    )


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise SourceUnavailable(f"{path} could not be read: {error}") from error
