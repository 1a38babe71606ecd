"""The coins of a folder of candle files, from file names only: cheap enough for every load of the definitions."""

from collections import Counter
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from coin_models.errors import SourceRefused
from coin_models.market.files.layouts import CandleFile, recognised, shown
from coin_models.market.timeframe import Timeframe
from coin_models.settings.timeframes import SECONDS

_MAX_NAMED: Final = 5
_MAX_LOOKED_AT: Final = 200  # entries of each sub-folder, for the sentence of a refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderFiles:
    """A folder's candle files of one quote asset and timeframe, and why the others are none."""

    folder: Path
    coins: dict[str, tuple[CandleFile, ...]]  # sorted
    others: tuple[tuple[Path, str], ...]


def coin_files(folder: Path, quote: str, timeframe: Timeframe) -> dict[str, tuple[CandleFile, ...]]:
    """Coin to its files, sorted by coin; those of one coin in the order of their names.

    Names only: a file that cannot be read is its coin's problem when it is read.

    Raises:
        SourceRefused: the folder cannot be read or holds no such file; up to five names of what it holds are given.
    """
    listing = list_folder(folder, quote, timeframe)
    if not listing.coins:
        raise SourceRefused(_nothing(listing, quote, timeframe))
    return listing.coins


def list_folder(folder: Path, quote: str, timeframe: Timeframe) -> FolderFiles:
    """All files of the folder, by their names.

    Raises:
        SourceRefused: the folder cannot be read.
    """
    folder = folder.expanduser()
    try:
        paths = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except NotADirectoryError as error:
        raise SourceRefused(f"{folder} is a file: name the folder that holds it, {folder.parent}") from error
    except OSError as error:
        raise SourceRefused(f"the folder of candle files {folder} cannot be read: {error.strerror}") from error
    coins: dict[str, tuple[CandleFile, ...]] = {}
    others: list[tuple[Path, str]] = []
    for path in paths:
        file = recognised(path, quote)
        reason = file if isinstance(file, str) else _why_unwanted(file, quote, timeframe)
        if isinstance(file, str) or reason:
            others += [] if path.is_dir() else [(path, reason)]
        else:
            coins[file.coin] = (*coins.get(file.coin, ()), file)
    return FolderFiles(folder=folder, coins=dict(sorted(coins.items())), others=tuple(others))


def why_not_listed(listing: FolderFiles, coin: str, quote: str) -> str:
    """Why the folder's files of this coin and quote are not read, such as a file of another timeframe; empty without any."""
    files = ((path, recognised(path, quote), why) for path, why in listing.others)
    of_coin = [
        f"{shown(path)} ({why})"
        for path, file, why in files
        if isinstance(file, CandleFile) and (file.coin, file.quote) == (coin, quote)
    ]
    return "; ".join(of_coin[:_MAX_NAMED])


def hint(seconds: int | None) -> str:
    """How candles of another length could be read, as the end of a sentence; empty where models of them are not trained."""
    name = next((name for name, length_seconds in SECONDS.items() if length_seconds == seconds), None)
    return f": set COIN_MODELS_TIMEFRAME={name} to read it" if name else ""


def _why_unwanted(file: CandleFile, quote: str, timeframe: Timeframe) -> str:
    """Why a candle file is not one of the wanted ones; empty if it is."""
    if file.quote != quote:
        return f"prices in {file.quote}, and the quote is {quote}: set COIN_MODELS_QUOTE={file.quote} to read it"
    if file.step_seconds not in (None, timeframe.seconds):
        return f"{file.step} candles by its name, and the timeframe is {timeframe.name}{hint(file.step_seconds)}"
    return ""


def _nothing(listing: FolderFiles, quote: str, timeframe: Timeframe) -> str:
    """The sentence for a folder without a candle file: what lies there, and what to rename."""
    named = "; ".join(f"{shown(path)} ({why})" for path, why in listing.others[:_MAX_NAMED])
    more = len(listing.others) - _MAX_NAMED
    named = f"{named}; and {more} more" if more > 0 else named
    return (
        f"{listing.folder} holds no candle file of {quote} and {timeframe.name}; it holds {named or 'no file'}"
        f"{_subfolders(listing.folder, quote)}. Files are named like BTC_{quote}.parquet, BTC_{quote}-{timeframe.name}.feather, "
        f"BTC{quote}-{timeframe.name}-2024-08.zip or BTC-{quote}.csv"
    )


def _subfolders(folder: Path, quote: str) -> str:
    """Which folder below holds candle files: freqtrade keeps futures in one of their own."""
    try:
        below = [path for path in sorted(folder.iterdir()) if path.is_dir()][:_MAX_NAMED]
        names = Counter(
            path.parent.name
            for inner in below
            for path in islice(inner.iterdir(), _MAX_LOOKED_AT)
            if isinstance(recognised(path, quote), CandleFile)
        )
    except OSError:
        return ""
    return "".join(f"; its folder {name} holds candle files: name that one" for name in list(names)[:1])
