"""Candle files for hypothesis: true candles, rows between them that are none, and the ways in which files break."""

import numpy as np
from hypothesis import strategies as st

from coin_models.market.candles import TimesMs, Values
from coin_models.market.files.outcomes import Reason
from coin_models.market.timeframe import day_start_ms
from coin_models_tests.market.builders import DAY
from coin_models_tests.market.files.written_files import FORMATS, Row, Written, csv_file

STEP_MS = 300_000
_KINDS = ("plain",) * 4 + ("repeated", "repeated later", "forming", "no prices", "zeros", "no volume")


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
    steps = sorted({0, 1, 2, 3, *draw(st.lists(st.integers(4, 40), max_size=8))})
    times, values = _true_candles(draw(st.integers(0, 2**32)), steps)
    file = Written(times=times, values=values, rows=[])
    _draw_rows(draw, file)
    draw(st.sampled_from(FORMATS))(draw, file)
    return file


def _draw_rows(draw: st.DrawFn, file: Written) -> None:
    rows, later, last = file.rows, [], int(file.times[-1])
    for time, row in zip(file.times.tolist(), file.values.tolist(), strict=True):
        kind = draw(st.sampled_from(_KINDS))
        if kind == "repeated":
            rows.append((time, [*row]))
            file.count(Reason.REPEATED)
        elif kind == "repeated later" and time not in (last, file.times[0]):  # the ends tell the order
            later.append((time, [*row]))
            file.count(Reason.REPEATED)
        elif kind == "forming":
            rows.append((time, [row[0], row[0], row[0], row[0], row[4] / 7]))
            file.count(Reason.REPLACED)
        rows.append((time, [*row]))
        _draw_no_candle(file, kind, time + 1000 * STEP_MS, row)  # at a time at which there is no candle
    rows += later
    if draw(st.booleans()):
        rows.reverse()
    if rows[0][0] > rows[-1][0] and rows[0][0] > last:  # newest first is told by the candles
        rows.sort(key=lambda item: item[0] > last, reverse=True)


def _draw_no_candle(file: Written, kind: str, time: int, row: list[float]) -> None:
    others: dict[str, tuple[Reason, list[float | None]]] = {
        "no prices": (Reason.NO_PRICES, [None] * 5),
        "zeros": (Reason.ALL_ZERO, [0.0] * 5),
        "no volume": (Reason.NO_VOLUME, [*row[:4], None]),
    }
    if kind in others:
        reason, values = others[kind]
        file.rows.append((time, values))
        file.count(reason)


@st.composite
def folders(draw: st.DrawFn) -> tuple[dict[str, bytes], dict[int, tuple[float, ...]]]:
    """Two or three files of one coin, each in a format of its own, that overlap: by name, and the candles of all."""
    starts = [0, *np.cumsum(draw(st.lists(st.integers(4, 30), min_size=1, max_size=2))).tolist()]
    runs = [start + k for start in starts for k in range(3)]  # three in a row show the timeframe of each file
    steps = sorted({*runs, *draw(st.lists(st.integers(0, starts[-1] + 9), max_size=12))})
    times, values = _true_candles(draw(st.integers(0, 2**32)), steps)
    files: dict[str, bytes] = {}
    for number, start in enumerate(starts):
        end = [*starts, 1000][number + 1] + draw(st.integers(0, 3))
        part = [k for k, step in enumerate(steps) if start <= step < end]
        rows: list[Row] = [(int(times[k]), [*values[k].tolist()]) for k in part]
        if number + 1 < len(starts) and starts[number + 1] >= end and draw(st.booleans()):
            k = steps.index(starts[number + 1])  # still forming at the end of this file, whole in the next
            rows.append((int(times[k]), [values[k, 0]] * 4 + [values[k, 4] / 3]))
        file = Written(times=times[part], values=values[part], rows=rows, is_whole=True)
        draw(st.sampled_from(FORMATS))(draw, file)
        suffix = file.name[file.name.index(".") :]
        files[f"BTCUSDT-5m-2024-0{number + 1}{suffix}"] = file.content
    if draw(st.booleans()):
        file = draw(_empty_files(int(times[-1]) + 1000 * STEP_MS))
        files[f"BTCUSDT-5m-2024-09{file.name[file.name.index('.') :]}"] = file.content
    return files, {int(time): tuple(row) for time, row in zip(times, values.tolist(), strict=True)}


@st.composite
def _empty_files(draw: st.DrawFn, after_ms: int) -> Written:
    """A file of which no row is a candle, or that has none."""
    write = draw(st.sampled_from(FORMATS))
    nothings: list[list[float | None]] = [[None] * 5, [0.0] * 5, [5.0, 6.0, 4.0, 5.0, None]]
    drawn = draw(st.lists(st.sampled_from(nothings), min_size=int(write is csv_file), max_size=4))  # a CSV has a line
    rows: list[Row] = [(after_ms + k * STEP_MS, [*row]) for k, row in enumerate(drawn)]
    file = Written(times=np.empty(0, np.int64), values=np.empty((0, 5)), rows=rows, is_whole=True)
    write(draw, file)
    return file


BAD_FIELDS = ("abc", "-1", "0.0.0", "inf", "1,5", "13.444.400", "", "\x00", '"', "12/31/2020", "é", "1e999")


@st.composite
def broken(draw: st.DrawFn) -> Written:
    """A file that was cut, of which a field was damaged, that contradicts itself, or that holds other bytes altogether."""
    kind = draw(st.sampled_from(("cut", "cut", "field", "field", "bytes", "spliced", "contradicted")))
    if kind == "contradicted":
        return draw(contradicted())
    file = draw(written())
    content = file.content
    if kind == "cut":
        file.content = content[: draw(st.integers(0, len(content)))]
    elif kind == "field" and file.name == "BTC_USDT.csv" and content[:1] not in (b"\xff", b"\xfe"):
        lines = content.decode().split("\n")
        line = draw(st.integers(0, len(lines) - 1))
        separator = max(",;\t|", key=lines[line].count)
        fields = lines[line].split(separator)
        fields[draw(st.integers(0, len(fields) - 1))] = draw(
            st.sampled_from(BAD_FIELDS).filter(lambda bad: not (file.has_decimal_commas and bad == "1,5"))
        )
        lines[line] = separator.join(fields)
        file.content = "\n".join(lines).encode()
    elif kind == "spliced" and not file.name.endswith("feather"):  # it has no checksums of its numbers
        at = draw(st.integers(0, len(content)))
        other = draw(st.sampled_from((b"\x00" * 9, b"\n", b"\xff", b"<html>", b"\n\n,,,,,\n")))
        file.content = content[:at] + other + content[at:]
    else:
        file.content = draw(st.binary(max_size=80))
    return file


@st.composite
def contradicted(draw: st.DrawFn) -> Written:
    """A file with two rows of one time of which neither contains the other."""
    times, values = _true_candles(draw(st.integers(0, 2**32)), [0, 1, 2, 3])
    rows: list[Row] = [(int(time), [*row]) for time, row in zip(times, values.tolist(), strict=True)]
    time, row = rows[draw(st.integers(1, 2))]
    close = row[1] if row[3] == row[2] else row[2]
    rows.insert(draw(st.integers(1, 3)), (time, [*row[:3], close, row[4]]))
    file = Written(times=times, values=values, rows=rows, is_whole=True, must_be_refused=True)
    draw(st.sampled_from(FORMATS))(draw, file)
    return file
