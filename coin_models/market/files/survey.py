"""The market of a folder of candle files, by their names: `coin-models init` proposes it."""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from coin_models.market.files.layouts import CandleFile, recognised
from coin_models.market.files.listing import list_folder
from coin_models.market.timeframe import parse_timeframe
from coin_models.settings.quotes import QUOTE_USD
from coin_models.settings.timeframes import SECONDS

_DEFAULT = "5m"


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderMarket:
    """The candle files of one quote asset and timeframe."""

    quote: str
    timeframe: str
    coins: tuple[str, ...]  # sorted


def survey_folder(folder: Path) -> FolderMarket | None:
    """The market of most coins in the folder, by file names alone; None where none names candles that can be trained on.

    A name that says no timeframe counts as 5m.

    Raises:
        SourceRefused: the folder cannot be read.
    """
    listed = list_folder(folder, "USDT", parse_timeframe(_DEFAULT))
    paths = [file.path for files in listed.coins.values() for file in files] + [path for path, _why in listed.others]
    names = {seconds: name for name, seconds in SECONDS.items()}
    coins: dict[tuple[str, str], set[str]] = defaultdict(set)
    for path in paths:
        for quote in QUOTE_USD:  # BTCUSDT is split by the quote that is looked for
            file = recognised(path, quote)
            if isinstance(file, CandleFile) and file.quote == quote:
                timeframe = _DEFAULT if file.step_seconds is None else names.get(file.step_seconds)
                if timeframe is not None:
                    coins[quote, timeframe].add(file.coin)
    if not coins:
        return None
    order = {quote: place for place, quote in enumerate(QUOTE_USD)}
    quote, timeframe = max(coins, key=lambda key: (len(coins[key]), key[1] == _DEFAULT, -order[key[0]]))
    return FolderMarket(quote=quote, timeframe=timeframe, coins=tuple(sorted(coins[quote, timeframe])))
