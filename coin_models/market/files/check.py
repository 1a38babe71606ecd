"""What a folder of candle files holds, file by file, before anything is stored of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from coin_models.errors import CandlesRejected, MarketError
from coin_models.market.files.joining import join, refuse_mixture
from coin_models.market.files.layouts import CandleFile, shown
from coin_models.market.files.listing import list_folder
from coin_models.market.files.outcomes import LeftOut
from coin_models.market.files.reading import FileReading, read_candle_file
from coin_models.market.holes import Hole, find_holes
from coin_models.market.timeframe import Timeframe, datetime_of_ms

State = Literal["read", "empty", "refused", "ignored"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCheck:
    """One file: what its name says, what it holds, or why it is not read."""

    name: str
    state: State
    layout: str = ""
    coin: str = ""
    timeframe: str = ""
    reason: str = ""  # why it is empty, refused or ignored
    num_rows: int = 0
    num_candles: int = 0
    first_open: datetime | None = None
    last_close: datetime | None = None
    holes: tuple[Hole, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    note: str = ""  # what was supposed about its times

    @property
    def num_missing(self) -> int:
        """Candles that are missing between its first and its last."""
        return sum(hole.num_candles for hole in self.holes)


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinCheck:
    """The files of one coin together; only of coins that have several, or an empty one, none of which is refused."""

    coin: str
    num_files: int
    num_candles: int = 0
    num_repeated: int = 0
    num_replaced: int = 0
    problem: str = ""  # why they cannot be joined


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderCheck:
    """A folder's files, those of a coin together; then those that are ignored."""

    folder: Path
    files: tuple[FileCheck, ...]
    coins: tuple[CoinCheck, ...]

    @property
    def is_good(self) -> bool:
        """Whether there are candles, and none of the files that hold them is refused."""
        refused = any(file.state == "refused" for file in self.files) or any(coin.problem for coin in self.coins)
        return not refused and any(file.state == "read" for file in self.files)


def check_folder(
    folder: Path,
    quote: str,
    timeframe: Timeframe,
    now: datetime,
    progress: Callable[[int, int], object] = lambda _done, _of: None,
) -> FolderCheck:
    """Reads every candle file of the folder.

    Args:
        folder: where the files are. quote, timeframe: of the candles to look for.
        now: no date without a zone may be later.
        progress: called with the number of files that were read, and of all.

    Raises:
        SourceRefused: the folder cannot be read.
    """
    listing = list_folder(folder, quote, timeframe)
    checks: list[FileCheck] = []
    coins: list[CoinCheck] = []
    num_files = sum(map(len, listing.coins.values()))
    for coin, files in listing.coins.items():
        readings = list(_readings(files, timeframe, now))
        checks += [_checked(file, reading, timeframe) for file, reading in zip(files, readings, strict=True)]
        good = [item for item in readings if isinstance(item, FileReading)]
        progress(len(checks), num_files)
        if len(files) == len(good) and (len(files) > 1 or not len(good[0].candles)):
            coins.append(_joined(coin, files, good, timeframe))
    checks += [FileCheck(name=shown(path), state="ignored", reason=why) for path, why in listing.others]
    return FolderCheck(folder=listing.folder, files=tuple(checks), coins=tuple(coins))


def _readings(files: Sequence[CandleFile], timeframe: Timeframe, now: datetime) -> Iterator[FileReading | MarketError]:
    for file in files:
        try:
            yield read_candle_file(file.path, file.coin, timeframe, now)
        except MarketError as error:
            yield error


def _checked(file: CandleFile, reading: FileReading | MarketError, timeframe: Timeframe) -> FileCheck:
    name = shown(file.path)
    if isinstance(reading, MarketError):
        return FileCheck(name=name, state="refused", layout=file.layout, coin=file.coin, reason=str(reading))
    candles = reading.candles
    return FileCheck(
        name=name,
        state="read" if len(candles) else "empty",
        layout=file.layout,
        coin=file.coin,
        reason=reading.rows.why_empty,
        timeframe=timeframe.name,
        num_rows=reading.rows.num_rows,
        num_candles=len(candles),
        first_open=datetime_of_ms(int(candles.open_time_ms[0])) if len(candles) else None,
        last_close=candles.last_close_time,
        holes=find_holes(candles),
        left_out=reading.left_out,
        note=reading.rows.note,
    )


def _joined(coin: str, files: Sequence[CandleFile], readings: Sequence[FileReading], timeframe: Timeframe) -> CoinCheck:
    try:
        refuse_mixture(coin, files)
        joined = join(coin, readings, timeframe)
    except CandlesRejected as error:
        return CoinCheck(coin=coin, num_files=len(files), problem=str(error))
    return CoinCheck(
        coin=coin,
        num_files=len(files),
        num_candles=len(joined.candles),
        num_repeated=joined.num_repeated,
        num_replaced=joined.num_replaced,
    )
