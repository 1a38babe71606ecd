"""How people name candle files: each layout is a rule that reads coin, quote, timeframe and market from a name.

| layout | names |
|---|---|
| coin_models | `BTC_USDT.parquet`, `BTC_USDT.csv` |
| freqtrade | `BTC_USDT-5m.feather`, `.json`, `.json.gz`, `.parquet` |
| freqtrade futures | `BTC_USDT_USDT-5m-futures.feather` |
| Binance dump | `BTCUSDT-5m-2024-08.zip`, `BTCUSDT-5m-2024-08-15.csv` |
| pair | `BTC-USDT.csv`, `BTCUSDT.csv`, `BTC-USDT_5m.csv`, `BTCUSDT-5m.csv` |
| exchange and pair | `Binance_BTCUSDT_1h.csv`, `binance-BTC_USDT-5m.csv`, `Binance_BTCUSDT_2024_minute.csv` |
| TradingView | `BINANCE_BTCUSDT, 5.csv` |
| Kraken | `XBTUSDT_5.csv`: minutes, and Kraken's names of BTC and DOGE |
| MetaTrader | `BTCUSDT_M5.csv`, `BTCUSDT_5_2024-08-01_2024-08-31.csv.gz` of Bybit |
| OKX | `BTC-USDT-candlesticks-2024-08.csv` |
| dated | `BTC_USDT_5m_2024.csv`, `BTCUSDT-2024-08.csv`, `BTCUSDT_5m_2017-2024.csv` |

CSV and JSON may be packed: `.gz`, `.bz2`, `.xz`, `.zst`, `.zip`. `.tsv` is read as CSV, `.pq` as Parquet, `.ftr` as Feather.
"""

import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from coin_models.market.files.futures import future_named

_FORMATS: Final = re.compile(
    r"\.((?:csv|tsv|json)(?:\.(?:gz|bz2|xz|zst|zip))?|zip|feather|ftr|arrow|parquet|pq)", re.IGNORECASE | re.ASCII
)
_UNREAD_FORMATS: Final = {
    ".pkl": "pickle is never loaded; write it as Parquet",
    ".pickle": "pickle is never loaded; write it as Parquet",
    ".npy": "NumPy files are not read; write it as Parquet",
    ".npz": "NumPy files are not read; write it as Parquet",
    ".h5": "HDF5 is not read; run `freqtrade convert-data --format-from hdf5 --format-to feather`",
    ".hdf5": "HDF5 is not read; write it as Parquet",
    ".xlsx": "spreadsheets are not read; save it as CSV",
    ".xls": "spreadsheets are not read; save it as CSV",
}
_NO_CANDLES: Final = re.compile(
    r".*-(?P<kind>mark|index|funding_rate|premium_?index|trades|aggtrades)(-\d{4}-\d\d(-\d\d)?)?", re.IGNORECASE | re.ASCII
)  # fmt: skip
_ASSET: Final = "[A-Z0-9]{1,20}"
_OTHER_QUOTE: Final = re.compile("[A-Z]{3,5}")  # no asset in which prices are given has a longer name
_STEP: Final = r"(?P<step>\d{1,4}[A-Za-z]{1,4}|minute|hour|day|daily|d|h)"
_MINUTES: Final = "(?P<step>1|3|5|10|15|30|60|120|240|360|720|1440)"
_DATE: Final = r"\d{4}(?:-\d\d(?:-\d\d)?)?"
_EXCHANGE: Final = "[A-Z]{2,20}"
_UNIT_SECONDS: Final = {
    "": 60, "m": 60, "min": 60, "minute": 60, "t": 60, "h": 3600, "hr": 3600, "hour": 3600, "d": 86_400, "day": 86_400,
    "daily": 86_400, "w": 604_800,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A rule for names: a pattern with the groups `base` and `quote`, or `pair`, and perhaps `step` and `month`."""

    name: str
    pattern: re.Pattern[str]
    market: str = "spot"


@dataclass(frozen=True, slots=True, kw_only=True)
class CandleFile:
    """A file whose name says that it holds a coin's candles."""

    path: Path
    layout: str
    coin: str
    quote: str
    market: str
    step: str = ""  # the timeframe as the name spells it; empty: it does not say
    covers: str = ""  # the month or day that the name says, such as 2024-08; empty: it does not say

    @property
    def step_seconds(self) -> int | None:
        """The timeframe that the name says, in seconds; None where it says none, 0 for one that is no fixed length."""
        return _seconds(self.step) if self.step else None


def _rule(name: str, pattern: str, market: str = "spot") -> Layout:
    return Layout(name=name, pattern=re.compile(pattern, re.IGNORECASE | re.ASCII), market=market)


_QUOTE: Final = "(?![0-9])[A-Z0-9]{1,20}"  # none begins with a digit: in BTCUSDT-5m the second part is a timeframe
_PAIR: Final = f"(?:(?P<base>{_ASSET})-(?P<quote>{_QUOTE})|(?P<pair>[A-Z0-9]{{2,40}}))"
_ANY_PAIR: Final = f"(?:(?P<base>{_ASSET})[-_](?P<quote>{_QUOTE})|(?P<pair>[A-Z0-9]{{2,40}}))"
LAYOUTS: Final = (
    _rule("coin_models", f"(?P<base>{_ASSET})_(?P<quote>{_ASSET})"),
    _rule("freqtrade", f"(?P<base>{_ASSET})_(?P<quote>{_ASSET})[-_]{_STEP}"),
    _rule("freqtrade futures", f"(?P<base>{_ASSET})_(?P<quote>{_ASSET})_{_ASSET}-{_STEP}-futures", "futures"),
    _rule("Binance dump", rf"{_PAIR}-{_STEP}-(?P<month>\d{{4}}-\d\d(?:-\d\d)?)"),
    _rule("pair", rf"{_PAIR}(?:[-_]{_STEP})?"),
    _rule("exchange and pair", rf"{_EXCHANGE}_{_PAIR}_{_STEP}"),
    _rule("exchange and pair", rf"{_EXCHANGE}-{_ANY_PAIR}[-_]{_STEP}"),
    _rule("exchange and pair", rf"{_EXCHANGE}_{_PAIR}_(?P<month>{_DATE})_{_STEP}"),
    _rule("TradingView", rf"{_EXCHANGE}_{_PAIR},[ _]?(?:{_MINUTES}|1[DWM])"),
    _rule("Kraken", rf"{_PAIR}_{_MINUTES}"),
    _rule("MetaTrader", rf"{_ANY_PAIR}[-_]?(?P<step>M5|M15|M30|H1|H4|D1|M1)"),
    _rule("MetaTrader", rf"{_PAIR}_{_MINUTES}_{_DATE}_(?P<month>{_DATE})"),
    _rule("OKX", rf"{_PAIR}-candlesticks-(?P<month>{_DATE})"),
    _rule("dated", rf"{_ANY_PAIR}(?:[-_]{_STEP})?[-_](?:{_DATE}[-_])?(?P<month>{_DATE})"),
)
KRAKEN_NAMES: Final = {"XBT": "BTC", "XXBT": "BTC", "XDG": "DOGE", "XXDG": "DOGE", "XETH": "ETH"}


def recognised(path: Path, quote: str) -> CandleFile | str:
    """What the file's name says, or in a few words why it is no candle file of a coin in `quote`."""
    name = unicodedata.normalize("NFKC", path.name)
    if path.suffix.lower() in _UNREAD_FORMATS:
        return _UNREAD_FORMATS[path.suffix.lower()]
    suffix_match = _FORMATS.search(name)
    if suffix_match is None or suffix_match.end() != len(name):
        return "no format that is read (.parquet, .feather, .csv, .json; CSV and JSON also packed)"
    stem = name[: suffix_match.start()]
    derived = _NO_CANDLES.fullmatch(stem)
    if derived is not None:
        return f"{derived['kind'].lower()} data, not candles"
    named = [file for layout in LAYOUTS if (file := _named(layout, path, stem, quote)) is not None]
    wanted = [file for file in named if file.quote == quote]
    if wanted:
        return wanted[0]
    if future := future_named(stem, suffix_match.group().lower(), quote):
        return future
    if named:
        return named[0]
    return f"no known name; rename it to COIN_{quote}{suffix_match.group().lower()}, with COIN in letters A to Z and digits"


def _named(layout: Layout, path: Path, stem: str, quote: str) -> CandleFile | None:
    match = layout.pattern.fullmatch(stem)
    base, its_quote = _assets(match, quote) if match is not None else ("", "")
    if match is None or not base or not (its_quote == quote or _OTHER_QUOTE.fullmatch(its_quote)):
        return None
    groups = match.groupdict()
    return CandleFile(
        path=path,
        layout=layout.name,
        coin=KRAKEN_NAMES.get(base, base) if layout.name == "Kraken" else base,
        quote=its_quote,
        market=layout.market,
        step=groups.get("step") or "",
        covers=groups.get("month") or "",
    )


def _assets(match: re.Match[str], quote: str) -> tuple[str, str]:
    """Base and quote of a name; a pair without a separator is told apart by the wanted quote asset."""
    groups = match.groupdict()
    if groups.get("base"):
        return groups["base"].upper(), groups["quote"].upper()
    pair = groups["pair"].upper()
    return (pair.removesuffix(quote), quote) if pair.endswith(quote) else ("", "")


def _seconds(step: str) -> int:
    if re.fullmatch("[MHD][0-9]+", step, re.IGNORECASE | re.ASCII):  # MetaTrader's M5
        step = step[1:] + step[0].lower()
    number = re.match(r"\d*", step, re.ASCII)
    count, unit = (number.group(), step[number.end() :]) if number else ("", step)
    if unit == "Mo" or step == "1M":  # months differ in length; 5M is 5m of a name in capitals
        return 0
    return int(count or 1) * _UNIT_SECONDS.get(unit.lower(), 0)


def shown(path: Path) -> str:
    """A file's name for a sentence: characters that a terminal would obey or could not show are escaped."""
    return "".join(mark if mark.isprintable() else ascii(mark)[1:-1] for mark in path.name)
