"""Candle files for hypothesis: true candles, the ways in which tools write them, and the ways in which files break."""

import bz2
import gzip
import io
import json
import lzma
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import strategies as st

from coin_models.market.candles import TimesMs, Values
from coin_models.market.files.outcomes import Reason
from coin_models.market.timeframe import day_start_ms
from coin_models_tests.market.builders import DAY

STEP_MS = 300_000
NOTHING = ("", "NaN", "null", "None")


@dataclass(kw_only=True)
class Written:
    """Rows as a tool writes them, and the candles that they are."""

    times: TimesMs  # (N,) of the true candles
    values: Values  # (N, 5)
    rows: list[tuple[int, list[float | None]]]  # as they stand in the file
    left_out: dict[Reason, int] = field(default_factory=dict)
    name: str = ""
    content: bytes = b""
    may_lose_last: bool = False  # its last line has no line end
    is_decimal_comma: bool = False

    def truth(self) -> dict[int, tuple[float, ...]]:
        """Each true candle by its time."""
        return {int(time): tuple(row) for time, row in zip(self.times, self.values.tolist(), strict=True)}


def _true_candles(seed: int, steps: list[int]) -> tuple[TimesMs, Values]:
    """Consistent candles at these steps from a midnight on, at prices from 1e-7 to 1e5."""
    rng = np.random.default_rng(seed)
    scale = 10.0 ** rng.integers(-7, 6)
    prices = scale * np.exp(rng.normal(0, 0.01, (len(steps), 4)))
    opens, closes = prices[:, 0], prices[:, 1]
    values = np.column_stack([opens, prices.max(axis=1), prices.min(axis=1), closes, rng.lognormal(2, 2, len(steps))])
    return day_start_ms(DAY) + np.array(steps, np.int64) * STEP_MS, values


@st.composite
def written(draw: st.DrawFn) -> Written:
    """A file of true candles with rows between them that are none."""
    steps = sorted({0, 1, 2, *draw(st.lists(st.integers(3, 40), max_size=8))})
    times, values = _true_candles(draw(st.integers(0, 2**32)), steps)
    rows: list[tuple[int, list[float | None]]] = []
    file = Written(times=times, values=values, rows=rows)
    for time, row in zip(times.tolist(), values.tolist(), strict=True):
        kind = draw(
            st.sampled_from(("plain", "plain", "plain", "repeated", "forming", "no prices", "zeros", "no volume"))
        )
        if kind == "repeated":
            rows.append((time, [*row]))
            _count(file, Reason.REPEATED)
        elif kind == "forming":
            rows.append((time, [row[0], row[0], row[0], row[0], row[4] / 7]))
            _count(file, Reason.REPLACED)
        rows.append((time, [*row]))
        other = time + 1000 * STEP_MS  # where there is no candle
        if kind == "no prices":
            rows.append((other, [None, None, None, None, None]))
            _count(file, Reason.NO_PRICES)
        elif kind == "zeros":
            rows.append((other, [0.0, 0.0, 0.0, 0.0, 0.0]))
            _count(file, Reason.ALL_ZERO)
        elif kind == "no volume":
            rows.append((other, [*row[:4], None]))
            _count(file, Reason.NO_VOLUME)
    if draw(st.booleans()):
        rows.reverse()
    if rows[0][0] > rows[-1][0] and rows[0][0] > times[-1]:  # newest first is told by the candles
        rows.sort(key=lambda item: item[0] > times[-1], reverse=True)
    draw(st.sampled_from((csv_file, csv_file, csv_file, json_file, feather_file, parquet_file)))(draw, file)
    return file


def _count(file: Written, reason: Reason) -> None:
    file.left_out[reason] = file.left_out.get(reason, 0) + 1


def _stamp(time: int) -> pd.Timestamp:
    return pd.Timestamp(time, unit="ms", tz="UTC")


TIME_TEXTS: dict[str, Callable[[int], str]] = {
    "ms": str,
    "s": lambda time: str(time // 1000),
    "us": lambda time: f"{time}000",
    "float": lambda time: f"{time / 1000:.1f}",
    "Z": lambda time: f"{_stamp(time):%Y-%m-%dT%H:%M:%SZ}",
    "UTC": lambda time: f"{_stamp(time):%Y-%m-%d %H:%M:%S UTC}",
    "offset": lambda time: _stamp(time).tz_convert("Asia/Kolkata").isoformat(),
    "no zone": lambda time: f"{_stamp(time):%Y-%m-%d %H:%M}",
    "slashes": lambda time: f"{_stamp(time):%Y/%m/%d %H:%M:%S}",
}
HEADERS = (
    ("ts", "open", "high", "low", "close", "volume"),
    ("Open time", "Open", "High", "Low", "Close", "Volume"),
    ("Timestamp", "Open", "High", "Low", "Close", "Volume_(BTC)"),
    ("Date", "OPEN", "HIGH", "LOW", "CLOSE", "Volume BTC"),
    ("", "open", "high", "low", "close", "volume"),
    ("unix", "o", "h", "l", "c", "v"),
    None,
)
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "": lambda content: content,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lambda content: lzma.compress(content, preset=0),
    ".zst": lambda content: pa.Codec("zstd").compress(content, asbytes=True),
    ".zip": lambda content: _zipped(content),
}


def _zipped(content: bytes) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        archive.writestr("BTCUSDT-5m-2024-08.csv", content)
    return sink.getvalue()


def csv_file(draw: st.DrawFn, file: Written) -> None:
    """Any separator, decimal mark, header, time, line end, packing; columns or a separator behind, lines above."""
    separator = draw(st.sampled_from(",;\t|"))
    header = draw(st.sampled_from(HEADERS))
    text_of = TIME_TEXTS[draw(st.sampled_from(sorted(TIME_TEXTS)))]
    nothing = draw(st.sampled_from(NOTHING))
    extra = draw(st.sampled_from(([], ["7"], [""])))
    decimal = "." if separator == "," else draw(st.sampled_from("..,"))
    file.is_decimal_comma = decimal == ","
    lines = [
        separator.join(
            [text_of(time), *(nothing if value is None else repr(value).replace(".", decimal) for value in row), *extra]
        )
        for time, row in file.rows
    ]
    if header is not None:
        lines.insert(0, separator.join([*header, *(["Quote volume"] if extra == ["7"] else [])]))
        if draw(st.booleans()):
            lines.insert(0, "https://www.example.org")
    if draw(st.booleans()):
        lines.insert(draw(st.integers(2, max(2, len(lines)))), "")
    end = draw(st.sampled_from(("\n", "\r\n", "\r")))
    file.may_lose_last = draw(st.integers(0, 9)) == 0
    content = (draw(st.sampled_from(("", "\ufeff"))) + end.join(lines) + ("" if file.may_lose_last else end)).encode()
    packing = draw(st.sampled_from(("", "", "", *PACKERS)))
    file.name, file.content = f"BTC_USDT.csv{packing}", PACKERS[packing](content)


def json_file(draw: st.DrawFn, file: Written) -> None:
    """freqtrade's list of lists, or a list of objects."""
    rows: list[object] = [[time, *row] for time, row in file.rows]
    if draw(st.booleans()):
        names = ("date", "open", "high", "low", "close", "volume")
        rows = [dict(zip(names, (time, *row), strict=True)) for time, row in file.rows]
    packing = draw(st.sampled_from(("", ".gz")))
    file.name, file.content = f"BTC_USDT-5m.json{packing}", PACKERS[packing](json.dumps(rows).encode())


def _frame(file: Written) -> pd.DataFrame:
    frame = pd.DataFrame(
        [row for _, row in file.rows], columns=["open", "high", "low", "close", "volume"], dtype=np.float64
    )
    frame.insert(0, "date", pd.to_datetime([time for time, _ in file.rows], unit="ms", utc=True))
    return frame


def feather_file(draw: st.DrawFn, file: Written) -> None:
    """freqtrade's default."""
    sink = io.BytesIO()
    _frame(file).to_feather(sink, compression="lz4")
    file.name, file.content = "BTC_USDT-5m.feather", sink.getvalue()


def parquet_file(draw: st.DrawFn, file: Written) -> None:
    """The time in a column, in an index, or in an index without a name."""
    frame = _frame(file)
    kind = draw(st.sampled_from(("column", "index", "index without a name")))
    if kind != "column":
        frame = frame.set_index("date")
        frame.index.name = "date" if kind == "index" else None
    sink = io.BytesIO()
    frame.to_parquet(sink)
    file.name, file.content = "BTC_USDT.parquet", sink.getvalue()


BAD_FIELDS = ("abc", "-1", "0.0.0", "inf", "1,5", "13.444.400", "", "\x00", '"', "12/31/2020", "é", "1e999")


@st.composite
def broken(draw: st.DrawFn) -> Written:
    """A file that was cut, of which a field was damaged, or that holds other bytes altogether."""
    file = draw(written())
    kind = draw(st.sampled_from(("cut", "cut", "field", "field", "bytes", "spliced")))
    content = file.content
    if kind == "cut":
        file.content = content[: draw(st.integers(0, len(content)))]
    elif kind == "field" and file.name == "BTC_USDT.csv":
        lines = content.decode().split("\n")
        line = draw(st.integers(0, len(lines) - 1))
        separator = max(",;\t|", key=lines[line].count)
        fields = lines[line].split(separator)
        fields[draw(st.integers(0, len(fields) - 1))] = draw(
            st.sampled_from(BAD_FIELDS).filter(lambda bad: not (file.is_decimal_comma and bad == "1,5"))
        )
        lines[line] = separator.join(fields)
        file.content = "\n".join(lines).encode()
    elif kind == "spliced":
        at = draw(st.integers(0, len(content)))
        file.content = (
            content[:at]
            + draw(st.sampled_from((b"\x00" * 9, b"\n", b"\xff", b"<html>", b"\n\n,,,,,\n")))
            + content[at:]
        )
    else:
        file.content = draw(st.binary(max_size=80))
    return file
