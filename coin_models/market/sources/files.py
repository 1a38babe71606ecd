"""A folder of candle files as a source: one Parquet or CSV file per coin.

Belongs here: which file is a coin's, reading it once. Not here: how a file is read (`file_reader`), file names
(`listing`).
"""

import threading
from collections import OrderedDict
from datetime import date
from pathlib import Path
from typing import Final

from coin_models.clock import Clock
from coin_models.errors import SourceRefused
from coin_models.market.candles import Candles
from coin_models.market.sources.file_reader import read_candle_file
from coin_models.market.sources.listing import coin_files
from coin_models.market.timeframe import Timeframe

_NUM_KEPT: Final = 16  # parsed files; a year of 5-minute candles is 5 MB


class FilesSource:
    """Candles of the files BASE_QUOTE.parquet, .csv or .csv.gz in one folder."""

    name: Final = "files"

    def __init__(self, folder: Path, quote: str, timeframe: Timeframe, clock: Clock) -> None:
        self._folder, self._quote, self._timeframe, self._clock = folder, quote, timeframe, clock
        self._kept: OrderedDict[tuple[Path, int, int], Candles] = OrderedDict()
        self._lock = threading.Lock()

    def coins(self) -> tuple[str, ...]:
        """The coins that have a file of this quote asset, sorted.

        Raises:
            SourceRefused: the folder cannot be read or holds no such file.
        """
        return tuple(coin_files(self._folder, self._quote))

    def fetch(self, coin: str, first: date, last: date) -> Candles:
        """The closed candles of the coin's file from `first` to `last`.

        Raises:
            SourceRefused: there is no file of this coin.
            SourceUnavailable: the file could not be read this time.
            CandlesRejected: the file cannot be read safely: file, line, reason.
        """
        files = coin_files(self._folder, self._quote)
        if coin not in files:
            raise SourceRefused(f"{self._folder} holds no file of {coin}_{self._quote}; it has {', '.join(files)}")
        return self._read(files[coin], coin).slice_days(first, last).closed_by(self._clock.now())

    def _read(self, path: Path, coin: str) -> Candles:
        status = path.stat()
        identity = path, status.st_mtime_ns, status.st_size
        with self._lock:
            if identity in self._kept:
                self._kept.move_to_end(identity)
                return self._kept[identity]
        candles = read_candle_file(path, coin, self._timeframe)
        with self._lock:
            self._kept[identity] = candles
            while len(self._kept) > _NUM_KEPT:
                self._kept.popitem(last=False)
        return candles
