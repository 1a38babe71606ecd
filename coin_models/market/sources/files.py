"""A folder of candle files as a source: the files of each coin, however they are named.

`market.files` recognises and reads files; `candle_files` notices changes.
"""

import threading
import time
from collections import OrderedDict
from datetime import date
from pathlib import Path
from typing import Final

from coin_models.clock import Clock
from coin_models.errors import CandlesRejected, CoinUnknown
from coin_models.market.candle_files import FileFacts, FileStamp, stamp_of
from coin_models.market.candles import Candles
from coin_models.market.files.joining import join, refuse_mixture
from coin_models.market.files.layouts import CandleFile, shown
from coin_models.market.files.listing import FolderFiles, coin_files, list_folder, why_not_listed
from coin_models.market.files.outcomes import ORDINARY
from coin_models.market.files.reading import FileReading, digest_file, read_candle_file
from coin_models.market.source import FileContent
from coin_models.market.timeframe import Timeframe

_NUM_KEPT: Final = 16  # coins; a year of 5-minute candles is 5 MB
_RACY_NS: Final = 2_000_000_000  # the coarsest times of files in use are of 2 s


class FilesSource:
    """Candles of the files in one folder; several files of a coin are joined."""

    name: Final = "files"

    def __init__(self, folder: Path, quote: str, timeframe: Timeframe, clock: Clock) -> None:
        self._folder, self._quote, self._timeframe, self._clock = folder.expanduser(), quote, timeframe, clock
        self._kept: OrderedDict[tuple[FileStamp, ...], FileContent] = OrderedDict()
        self._listed: tuple[int, FolderFiles] | None = None
        self._lock = threading.Lock()

    def coins(self) -> tuple[str, ...]:
        """The coins that have a file of this quote asset and timeframe, sorted; from names alone.

        Raises:
            SourceRefused: the folder cannot be read or holds no such file.
        """
        return tuple(coin_files(self._folder, self._quote, self._timeframe))

    def fetch(self, coin: str, first: date, last: date) -> Candles:
        """The closed candles of the coin's files from `first` to `last`; raises as `read_all`."""
        return self.read_all(coin).candles.slice_days(first, last)

    def stamps(self, coin: str) -> tuple[FileStamp, ...]:
        """Size and time of each of the coin's files; raises as `read_all`, without reading them."""
        return tuple(stamp_of(file.path) for file in self._files_of(coin))

    def read_all(self, coin: str) -> FileContent:
        """All closed candles of the coin's files, and the facts about the files.

        Raises:
            SourceRefused: the folder cannot be read.
            CoinUnknown: there is no file of this coin.
            SourceUnavailable: a file could not be read this time.
            CandlesRejected: a file cannot be read safely: its path, the line where there is one, the reason.
        """
        files = self._files_of(coin)
        stamps = tuple(stamp_of(file.path) for file in files)
        with self._lock:
            content = self._kept.get(stamps)
        if content is None:
            content = self._read(coin, files)
        with self._lock:
            self._kept[stamps] = content
            self._kept.move_to_end(stamps)
            while len(self._kept) > _NUM_KEPT:
                self._kept.popitem(last=False)
        closed = content.candles.closed_by(self._clock.now())
        return FileContent(candles=closed, facts=content.facts, remarks=content.remarks)

    def sha256(self, path: str) -> str:
        """SHA-256 in hex of one file; raises SourceUnavailable if it could not be read."""
        return digest_file(Path(path))

    def _read(self, coin: str, files: tuple[CandleFile, ...]) -> FileContent:
        refuse_mixture(coin, files)
        now = self._clock.now()
        readings = [read_candle_file(file.path, coin, self._timeframe, now) for file in files]
        return FileContent(
            candles=join(coin, readings, self._timeframe).candles,
            facts=tuple(_facts(reading) for reading in readings),
            remarks=tuple(remark for reading in readings for remark in _remarks(reading)),
        )

    def _list(self) -> FolderFiles:
        """The folder's files, listed again only if the folder changed: a dump has a file a month for each of 500 coins."""
        try:
            modified_ns = self._folder.stat().st_mtime_ns
        except OSError:
            modified_ns = 0  # listing says what is wrong
        with self._lock:
            kept = self._listed
        if kept is not None and kept[0] == modified_ns:
            return kept[1]
        listed_ns = time.time_ns()
        listing = list_folder(self._folder, self._quote, self._timeframe)
        if modified_ns < listed_ns - _RACY_NS:  # a folder that changed just now may change again within the same tick
            with self._lock:
                self._listed = (modified_ns, listing)
        return listing

    def _files_of(self, coin: str) -> tuple[CandleFile, ...]:
        listing = self._list()
        if coin in listing.coins:
            return listing.coins[coin]
        other = why_not_listed(listing, coin, self._quote)
        if other:
            raise CandlesRejected(f"{self._folder} holds no {self._timeframe.name} candles of {coin}: {other}")
        has = ", ".join(coin_files(self._folder, self._quote, self._timeframe))
        raise CoinUnknown(f"{self._folder} holds no file of {coin}_{self._quote}; it has {has}")


def _remarks(reading: FileReading) -> list[str]:
    if not len(reading.candles):
        return [f"{shown(reading.path)} is empty: {reading.rows.why_empty}"]
    remarks = [str(part) for part in reading.left_out if part.reason not in ORDINARY]
    remarks += [reading.rows.note] if reading.rows.note else []
    return [f"{shown(reading.path)}: {remark}" for remark in remarks]


def _facts(reading: FileReading) -> FileFacts:
    closed = reading.candles.last_close_time
    return FileFacts(
        stamp=reading.stamp,
        sha256=reading.sha256,
        last_close_ms=int(closed.timestamp() * 1000) if closed is not None else None,
    )
