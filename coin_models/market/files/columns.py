"""Which column of a candle file is which: names and places as people's tools write them.

| found | what is done |
|---|---|
| other names, in any case and with any marks: `Open time`, `Volume_(BTC)`, `<CLOSE>` | recognised by letters and digits |
| `Volume BTC` beside `Volume USDT` | the base asset's is the volume |
| lines above the header (a URL, "Created on ...") | skipped, up to `MAX_JUNK_LINES` |
| no header | time, open, high, low, close, volume, as exchanges send them |
| no header, and the sixth value is between low and high in every row | refused: it is a mean price, as Kraken sends it |
| a header that is not understood above rows of numbers | refused: its order may be another |
| several time columns | `time_columns`: epochs before dates, as a file that has both often has the date in local time |
| an index without a name | it is the time, where no other column is |
"""

import csv
import re
from pathlib import Path
from typing import Final

from coin_models.errors import CandlesRejected
from coin_models.market.candles import COLUMNS, HIGH, LOW, VOLUME, Values
from coin_models.market.files.limits import quoted
from coin_models.market.files.outcomes import rejected

MAX_JUNK_LINES: Final = 5
_MIN_MEAN_PRICES: Final = 12  # rows: in fewer, a volume may look like a price by chance
_TIME_NAMES: Final = (
    "ts", "unix", "unixtimestamp", "timestamp", "timestampms", "timestamputc", "opentime", "opentimems", "opentimeutc",
    "timeopen", "time", "timeutc", "datetime", "datetimeutc", "date", "dateutc", "start", "starttime", "startat",
    "candlebegintime", "begintime", "timeperiodstart", "", "index", "unnamed0", "indexlevel0", "level0",
)  # fmt: skip
_PRICE_NAMES: Final = {name: (name, name[0], f"{name}price", f"price{name}", f"{name}px") for name in COLUMNS[:4]}
_VOLUME_NAMES: Final = (
    "volume", "vol", "v", "basevolume", "volumebase", "volumefrom", "baseassetvolume", "volumebaseasset", "basevol",
    "volumetraded",
)  # fmt: skip
NOTHING: Final = ("", "nan", "-nan", "null", "none", "na", "n/a", "#n/a", "#na", "<na>", "nat")
"""What tools write for a value that is not there, in small letters."""
_SEPARATORS: Final = ";\t|,"  # the comma last: of as many commas as semicolons, the commas are decimal
_NUMBER: Final = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?|[+-]?\d*[.,]?\d+([eE][+-]?\d+)?|[+-]?\d+\.")
_TIME: Final = re.compile(r"\d{9,20}(\.\d*)?|\d{4}[-/.]\d\d?[-/.]\d\d?([ T].*)?")


def squashed(name: str) -> str:
    """A column's name as it is compared: its letters and digits, in small letters."""
    return "".join(mark for mark in name.lower() if mark.isalnum())


def value_columns(names: list[str] | None, coin: str) -> dict[str, int] | str:
    """Position of open, high, low, close and volume; or what keeps them from being told.

    Args:
        names: of the columns; None: there is no header. coin: base asset.
    """
    if names is None:
        return {name: k for k, name in enumerate(COLUMNS, start=1)}
    plain = [squashed(name) for name in names]
    wanted = {**_PRICE_NAMES, "volume": (f"volume{coin.lower()}", *_VOLUME_NAMES, f"vol{coin.lower()}")}
    positions: dict[str, int] = {}
    for column, spellings in wanted.items():
        spelling = next((name for name in spellings if name in plain), None)
        if spelling is None:
            return f"has no column of {column}"
        if plain.count(spelling) > 1:
            return f"has more than one column called {quoted(names[plain.index(spelling)])}"
        positions[column] = plain.index(spelling)
    return positions


def time_columns(names: list[str] | None) -> list[int]:
    """Positions of the columns that may hold the time, the likeliest first."""
    if names is None:
        return [0]
    plain = [squashed(name) for name in names]
    return [plain.index(name) for name in _TIME_NAMES if name in plain and (name or plain[0] == "")]


def day_and_clock(names: list[str] | None) -> tuple[int, int] | None:
    """Positions of a date and of a time of day that stand in two columns; None where there are no two such columns."""
    plain = [] if names is None else [squashed(name) for name in names]
    return (plain.index("date"), plain.index("time")) if "date" in plain and "time" in plain else None


def find_header(path: Path, lines: list[str], coin: str) -> tuple[list[str] | None, str, int]:
    """Column names, separator, and the number of lines above the first row; None for names where there is no header.

    Raises:
        CandlesRejected: the first lines are neither a header that names candles nor rows of them.
    """
    head = [(number, line) for number, line in enumerate(lines[:50], start=1) if line.strip()][: MAX_JUNK_LINES + 1]
    for number, line in head:
        separator = max(_SEPARATORS, key=line.count)
        names = next(csv.reader([line], delimiter=separator), [])
        if time_columns(names) and not isinstance(value_columns(names, coin), str):
            return names, separator, number
    above: list[str] = []
    for number, line in head:
        separator = max(_SEPARATORS, key=line.count)
        fields = next(csv.reader([line], delimiter=separator), [])
        if _is_row(fields):
            if any(line.count(separator) >= len(COLUMNS) - 1 for line in above):
                break  # a header that names no candles: its columns may stand in another order
            return None, separator, number - 1
        above.append(line)
    raise CandlesRejected(
        f"{path}: none of its first {len(head)} lines is a header that names a time, open, high, low, close and the "
        f"volume in {coin}; the first is {quoted(head[0][1].strip())}"
    )


def refuse_price_as_volume(path: Path, names: list[str] | None, values: Values) -> None:
    """Refuses rows without a header in which a mean price stands where the volume is expected.

    Args:
        path: of the file. names: of its columns; None: it has no header. values: (N, 5) of its candles.

    Raises:
        CandlesRejected: what counts as the volume lies between low and high in every row.
    """
    filled = values[values[:, VOLUME] > 0]
    between = (filled[:, LOW] <= filled[:, VOLUME]) & (filled[:, VOLUME] <= filled[:, HIGH])
    if names is None and len(filled) >= _MIN_MEAN_PRICES and between.all():
        raise rejected(
            path,
            "it has no header, and its sixth value lies between low and high in every row: it is a price and not the "
            "volume; write the names of the columns above",
        )


def _is_row(fields: list[str]) -> bool:
    """Whether these are a time and five numbers, some of them perhaps missing."""
    values = [field.strip() for field in fields[: 1 + len(COLUMNS)]]
    return (
        len(values) == 1 + len(COLUMNS)
        and _TIME.fullmatch(values[0]) is not None
        and all(_NUMBER.fullmatch(value) or value.lower() in NOTHING for value in values[1:])
    )
