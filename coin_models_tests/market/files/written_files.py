"""The ways in which tools write candles into a file, drawn by hypothesis: each format, with all that varies in it."""

import bz2
import codecs
import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import strategies as st

from coin_models.market.candles import TimesMs, Values
from coin_models.market.files.outcomes import Reason

NOTHING = ("", "NaN", "null", "None")
VALUE_NAMES = ("open", "high", "low", "close", "volume")
Row = tuple[int, list[float | None]]


@dataclass(kw_only=True)
class Written:
    """Rows as a tool writes them, and the candles that they are."""

    times: TimesMs  # (N,) of the true candles
    values: Values  # (N, 5)
    rows: list[Row]  # as they stand in the file
    left_out: dict[Reason, int] = field(default_factory=dict)
    name: str = ""
    content: bytes = b""
    is_whole: bool = False  # its last line must have a line end
    may_lose_last: bool = False  # its last line has none
    has_decimal_commas: bool = False
    must_be_refused: bool = False

    def truth(self) -> dict[int, tuple[float, ...]]:
        """Each true candle by its time."""
        return {int(time): tuple(row) for time, row in zip(self.times, self.values.tolist(), strict=True)}

    @property
    def num_rows(self) -> int:
        """Rows that the file holds, lines of separators and repeated headers among them."""
        return len(self.rows) + sum(self.left_out.get(reason, 0) for reason in (Reason.EMPTY, Reason.HEADER))

    def count(self, reason: Reason) -> None:
        """One more row that is no candle."""
        self.left_out[reason] = self.left_out.get(reason, 0) + 1


def _stamp(time: int) -> pd.Timestamp:
    return pd.Timestamp(time, unit="ms", tz="UTC")


def _in_zone(zone: str, form: str = "") -> Callable[[int], str]:
    def text(time: int) -> str:
        stamp = _stamp(time).tz_convert(zone)
        return f"{stamp:{form}}" if form else stamp.isoformat()

    return text


EPOCHS: dict[str, Callable[[int], str]] = {
    "ms": str,
    "s": lambda time: str(time // 1000),
    "us": lambda time: f"{time}000",
    "ns": lambda time: f"{time}000000",
    "float": lambda time: f"{time / 1000:.1f}",
}
ZONED: dict[str, Callable[[int], str]] = {
    "Z": lambda time: f"{_stamp(time):%Y-%m-%dT%H:%M:%SZ}",
    "UTC": lambda time: f"{_stamp(time):%Y-%m-%d %H:%M:%S UTC}",
    "+05:30": _in_zone("Asia/Kolkata"),
    "-0400": _in_zone("America/New_York", "%Y-%m-%d %H:%M:%S%z"),
    "+12:45": _in_zone("Pacific/Chatham"),
    "+02:00": _in_zone("Europe/Berlin"),
}
TIME_TEXTS: dict[str, Callable[[int], str]] = {
    **EPOCHS,
    **ZONED,
    "no zone": lambda time: f"{_stamp(time):%Y-%m-%d %H:%M}",
    "slashes": lambda time: f"{_stamp(time):%Y/%m/%d %H:%M:%S}",
}
HEADERS = (
    ("ts", *VALUE_NAMES),
    ("Open time", "Open", "High", "Low", "Close", "Volume"),
    ("Timestamp", "Open", "High", "Low", "Close", "Volume_(BTC)"),
    ("Date", "OPEN", "HIGH", "LOW", "CLOSE", "Volume BTC"),
    ("", *VALUE_NAMES),
    ("unix", "o", "h", "l", "c", "v"),
    None,
)
OTHER_COLUMNS = (("Quote volume", "7.5"), ("Trades", "12"), ("Symbol", "BTC/USDT"), ("Ignore", ""))
ENCODINGS: dict[str, Callable[[str], bytes]] = {
    "UTF-8": str.encode,
    "UTF-8 with a mark": lambda text: codecs.BOM_UTF8 + text.encode(),
    "UTF-16 LE": lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
    "UTF-16 BE": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
}


def _zipped(content: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("BTCUSDT-5m-2024-08.csv", content)
    return sink.getvalue()


PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "": lambda content: content,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lambda content: lzma.compress(content, preset=0),
    ".zst": lambda content: pa.Codec("zstd").compress(content, asbytes=True),
    ".zip": _zipped,
}


def time_texts(draw: st.DrawFn, times: Sequence[int]) -> list[str]:
    """All in one way, in epochs of several units, or with several offsets, as where summer time ends."""
    kind = draw(st.sampled_from(("one", "one", "one", "epochs", "offsets")))
    ways = {"one": TIME_TEXTS, "epochs": EPOCHS, "offsets": ZONED}[kind]
    chosen = draw(st.lists(st.sampled_from(sorted(ways)), min_size=1, max_size=1 if kind == "one" else 4))
    return [ways[chosen[k % len(chosen)]](time) for k, time in enumerate(times)]


def _numeral(value: float, marks: str) -> str:
    """A number with these marks between thousands and before decimals: `,.` or ` ,` (a blank: no mark)."""
    text = repr(value)
    whole, point, decimals = text.partition(".")
    if marks[0] != " " and "e" not in text:
        whole = f"{int(whole):,}"
    return f"{whole}{point and marks[1]}{decimals}"


def csv_file(draw: st.DrawFn, file: Written) -> None:
    """Any separator, numerals, header, columns, times, quotation marks, line end, encoding, packing, lines between."""
    separator = draw(st.sampled_from(",;\t|"))
    quotes = draw(st.sampled_from(("none", "none", "all", "values", "where needed")))
    marks = " ." if separator == "," and quotes == "none" else draw(st.sampled_from((" .", " .", " ,", ",.")))
    file.has_decimal_commas = marks == " ,"
    nothing = draw(st.sampled_from(NOTHING))
    columns = [time_texts(draw, [time for time, _ in file.rows])]
    columns += [
        [nothing if row[k] is None else _numeral(float(row[k] or 0), marks) for _, row in file.rows] for k in range(5)
    ]
    header = draw(st.sampled_from(HEADERS))
    names = list(header or ("",) * 6)
    if header is not None:
        movable = draw(st.permutations(range(1 if names[0] == "" else 0, 6)))
        order = [0, *movable] if names[0] == "" else [*movable]
        names, columns = [names[k] for k in order], [columns[k] for k in order]
    for name, text in draw(st.lists(st.sampled_from(OTHER_COLUMNS), max_size=2, unique=True)):
        place = len(names) if header is None or names[0] == "" else draw(st.integers(0, len(names)))
        names.insert(place, name)
        columns.insert(place, [text] * len(file.rows))
    time_name = header[0] if header is not None else ""
    is_quoted = [quotes == "all" or (quotes == "values" and name != time_name) for name in names]
    if header is None:
        is_quoted[1:] = [quotes in ("all", "values")] * (len(names) - 1)
    lines = [_line(fields, is_quoted, separator) for fields in zip(*columns, strict=True)]
    head = _line(names, [quotes == "all"] * len(names), separator)
    _finish_csv(draw, file, lines, head if header is not None else None, separator * (len(names) - 1))


def _line(fields: Sequence[str], is_quoted: Sequence[bool], separator: str) -> str:
    return separator.join(
        f'"{text}"' if quoted or separator in text else text for text, quoted in zip(fields, is_quoted, strict=True)
    )


def _finish_csv(draw: st.DrawFn, file: Written, lines: list[str], head: str | None, separators: str) -> None:
    """Puts lines that are no rows between them, and makes bytes of all."""
    for kind in draw(st.lists(st.sampled_from(("blank", "blanks", "separators", "header")), max_size=3)):
        place = draw(st.integers(1, len(lines)))
        if kind in ("blank", "blanks"):
            lines.insert(place, "" if kind == "blank" else "  ")
        elif kind == "separators" and separators.strip():
            lines.insert(place, separators)
            file.count(Reason.EMPTY)
        elif kind == "header" and head is not None:
            lines.insert(place, head)
            file.count(Reason.HEADER)
    if head is not None:
        lines = [*draw(st.sampled_from(([], [], ["https://www.example.org"], [""]))), head, *lines]
    end = draw(st.sampled_from(("\n", "\r\n", "\r")))
    file.may_lose_last = not file.is_whole and draw(st.integers(0, 9)) == 0
    text = end.join(lines) + ("" if file.may_lose_last else end)
    content = ENCODINGS[draw(st.sampled_from(("UTF-8", "UTF-8", *ENCODINGS)))](text)
    packing = draw(st.sampled_from(("", "", "", *PACKERS)))
    file.name, file.content = f"BTC_USDT.csv{packing}", PACKERS[packing](content)


def json_file(draw: st.DrawFn, file: Written) -> None:
    """freqtrade's list of lists, an exchange's with texts for numbers, or a list of objects in any order of names."""
    times: list[object] = [time for time, _ in file.rows]
    if draw(st.booleans()):
        times = [int(text) if text.isdigit() else text for text in time_texts(draw, [time for time, _ in file.rows])]
    is_text = draw(st.booleans())
    rows: list[list[object]] = [
        [time, *(str(value) if is_text and value is not None else value for value in row)]
        for time, (_, row) in zip(times, file.rows, strict=True)
    ]
    written: list[object] = [*rows]
    if draw(st.booleans()):
        order = draw(st.permutations(range(6)))
        names = ("date", *VALUE_NAMES)
        written = [{names[k]: row[k] for k in order} for row in rows]
    content = ENCODINGS[draw(st.sampled_from(("UTF-8", "UTF-8", *ENCODINGS)))](json.dumps(written))
    packing = draw(st.sampled_from(("", ".gz")))
    file.name, file.content = f"BTC_USDT-5m.json{packing}", PACKERS[packing](content)


def _frame(draw: st.DrawFn, file: Written) -> pd.DataFrame:
    """Columns in any order; the time as a date of any unit and zone, an epoch of any unit, or a text."""
    frame = pd.DataFrame([row for _, row in file.rows], columns=VALUE_NAMES, dtype=np.float64)
    if draw(st.integers(0, 4)) == 0:
        frame = frame.astype(object).map(lambda value: None if np.isnan(value) else repr(value))
    kind = draw(st.sampled_from(("date", "date", "zone", "epoch", "text")))
    texts = [time for time, _ in file.rows]
    dates = pd.Series(pd.to_datetime(texts, unit="ms", utc=True))
    unit = draw(st.sampled_from(("ms", "us", "ns", "s")))
    if kind == "date":
        frame.insert(0, "date", dates.astype(f"datetime64[{unit}, UTC]"))
    elif kind == "zone":
        frame.insert(0, "date", dates.dt.tz_convert(draw(st.sampled_from(("Asia/Kolkata", "America/New_York")))))
    elif kind == "epoch":
        frame.insert(0, "date", [int(EPOCHS[unit](time)) for time in texts])
    else:
        frame.insert(0, "date", time_texts(draw, texts))
    return frame[draw(st.permutations(list(frame.columns)))]


def feather_file(draw: st.DrawFn, file: Written) -> None:
    """freqtrade's default."""
    sink = io.BytesIO()
    _frame(draw, file).to_feather(sink, compression=draw(st.sampled_from(("lz4", "zstd", "uncompressed"))))
    file.name, file.content = "BTC_USDT-5m.feather", sink.getvalue()


def parquet_file(draw: st.DrawFn, file: Written) -> None:
    """The time in a column, in an index, or in an index without a name."""
    frame = _frame(draw, file)
    kind = draw(st.sampled_from(("column", "index", "index without a name")))
    if kind != "column":
        frame = frame.set_index("date")
        is_date = isinstance(frame.index, pd.DatetimeIndex)
        frame.index.name = None if kind == "index without a name" and is_date else "date"
    sink = io.BytesIO()
    frame.to_parquet(sink, write_page_checksum=True)  # without it, no reader notices a damaged number
    file.name, file.content = "BTC_USDT.parquet", sink.getvalue()


FORMATS = (csv_file, csv_file, csv_file, json_file, feather_file, parquet_file)
