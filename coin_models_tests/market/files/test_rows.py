"""A row is a candle, a counted non-candle, or refuses its file; numbers are worked out in the comments."""

from pathlib import Path

import pytest

from coin_models.errors import CandlesRejected
from coin_models.market.files.outcomes import FileTimes, Reason, RowsRead
from coin_models.market.files.rows import read_rows
from coin_models.market.files.tables import parse_table
from coin_models_tests.market.builders import FIVE_MINUTES, HOUR

START = 1_723_680_000  # 2024-08-15 00:00 UTC
LONG_AFTER = FileTimes(written_ms=START * 1000 + 10**11, now_ms=START * 1000 + 10**11)
HEADER = "ts,open,high,low,close,volume\n"
FIRST, SECOND, THIRD = (f"{START + 3600 * k},100,102,99,101,10.5\n" for k in range(3))


def _read(text: str, times: FileTimes = LONG_AFTER) -> RowsRead:
    return read_rows(parse_table(Path("BTC_USDT.csv"), text.encode(), "BTC"), "BTC", HOUR, times)


def _left_out(text: str, times: FileTimes = LONG_AFTER) -> tuple[int, list[tuple[Reason, int, str]]]:
    reading = _read(text, times)
    return len(reading.candles), [(part.reason, part.num_rows, part.first) for part in reading.left_out]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (f"{START + 3600},NaN,NaN,NaN,NaN,NaN\n", Reason.NO_PRICES),
        (f"{START + 3600},,,,,0\n", Reason.NO_PRICES),
        (f"{START + 3600},100,102,99,101,null\n", Reason.NO_VOLUME),
        (f"{START + 3600},0,0,0,0,0\n", Reason.ALL_ZERO),
        (f"{START + 3600},0,0,0,0,\n", Reason.ALL_ZERO),
        (FIRST, Reason.REPEATED),
        (",,,,,\n", Reason.EMPTY),
        (HEADER, Reason.HEADER),
    ],
)
def test_a_row_that_is_no_candle_is_counted(row: str, reason: Reason) -> None:
    num_candles, left_out = _left_out(HEADER + FIRST + row + THIRD)

    line = "line 2" if reason is Reason.REPEATED else "line 3"  # of two equal rows the later stays
    assert (num_candles, left_out) == (2, [(reason, 1, line)])


def test_blank_lines_are_no_rows_and_do_not_move_line_numbers() -> None:
    left_out = _left_out(HEADER + "\n" + FIRST + "\n" + f"{START + 3600},0,0,0,0,0\n" + THIRD)

    assert left_out == (2, [(Reason.ALL_ZERO, 1, "line 5")])


def test_a_forming_row_is_replaced_by_the_whole_one_that_follows() -> None:
    forming = f"{START + 3600},100,100.5,99.5,100.2,3\n"

    reading = _read(HEADER + FIRST + forming + SECOND + THIRD)

    assert [(part.reason, part.num_rows) for part in reading.left_out] == [(Reason.REPLACED, 1)]
    assert reading.candles.ohlcv[1].tolist() == [100, 102, 99, 101, 10.5]


@pytest.mark.parametrize(
    "later",
    ["100,102,99,101.5,10.5", "100,101,99,101,11", "100.1,102,99,101,11", "100,102,99,101,10"],
    ids=["another close, the same volume", "a lower high", "another open", "less volume"],
)
def test_two_rows_of_one_time_that_contradict_each_other_refuse_the_file(later: str) -> None:
    with pytest.raises(CandlesRejected, match=r"1 candles are there twice.*line 2.*line 3"):
        _read(HEADER + FIRST + f"{START},{later}\n" + SECOND)


def test_a_forming_row_above_the_whole_one_refuses_a_file_that_is_oldest_first() -> None:
    with pytest.raises(CandlesRejected, match="there twice"):
        _read(HEADER + FIRST + SECOND + f"{START + 3600},100,100.5,99.5,100.2,3\n" + THIRD)


def test_a_file_with_its_newest_row_first_has_the_whole_row_above_the_forming_one() -> None:
    reading = _read(HEADER + THIRD + SECOND + f"{START + 3600},100,100.5,99.5,100.2,3\n" + FIRST)

    assert reading.candles.ohlcv[1].tolist() == [100, 102, 99, 101, 10.5]


def test_a_last_line_without_a_line_end_is_left_out() -> None:
    assert _left_out(HEADER + FIRST + SECOND + THIRD[:-3]) == (2, [(Reason.CUT, 1, "line 4")])


def test_a_cut_last_line_takes_the_forming_row_before_it_along() -> None:
    forming = f"{START + 7200},100,100.5,99.5,100.2,3\n"

    left_out = _left_out(HEADER + FIRST + SECOND + forming + THIRD[:-3])

    assert left_out == (2, [(Reason.FORMING, 1, "line 4"), (Reason.CUT, 1, "line 5")])


def test_a_time_that_stands_last_and_may_be_cut_keeps_no_forming_row_of_its_time() -> None:
    rows = [f"100,102,99,101,10.5,{START + 3600 * k}\n" for k in range(3)]
    forming = f"100,100,100,100,3,{START + 10_800}\n"

    left_out = _left_out(
        "".join(["open,high,low,close,volume,ts\n", *rows, forming, f"100,102,99,101,10.5,{START + 10_800}"])
    )

    assert left_out == (3, [(Reason.CUT, 2, "line 5")])


def test_an_older_download_behind_a_newer_one_is_not_taken_for_newest_first() -> None:
    newer = [f"{START + 3600 * k},100,102,99,101,10.5\n" for k in range(4, 8)]
    forming = f"{START + 7200},100,100.5,99.5,100.2,3\n"

    left_out = _left_out("".join([HEADER, *newer, FIRST, SECOND, forming, THIRD]))

    assert left_out == (7, [(Reason.REPLACED, 1, "line 8")])


def test_a_row_that_one_without_a_volume_came_to_replace_is_left_out_with_it() -> None:
    damaged = f"{START + 3600},100,103,99,101,\n"

    left_out = _left_out(HEADER + FIRST + SECOND + damaged + THIRD)

    assert left_out == (2, [(Reason.FORMING, 1, "line 3"), (Reason.NO_VOLUME, 1, "line 4")])


def test_a_line_with_more_values_than_columns_is_refused() -> None:
    with pytest.raises(CandlesRejected, match="line 3 has values beyond the 6 columns"):
        _read(HEADER + FIRST + SECOND[:-1] + THIRD)


@pytest.mark.parametrize("last", [THIRD[:-1], THIRD.replace("\n", ",0")], ids=["as many decimals", "a column behind"])
def test_a_last_line_that_proves_to_be_whole_is_a_candle(last: str) -> None:
    behind = ",0\n" if last.endswith(",0") else "\n"
    text = (HEADER + FIRST + SECOND).replace("\n", behind) + last

    assert _left_out(text) == (3, [])


def test_the_newest_row_is_left_out_if_the_file_was_written_before_it_closed() -> None:
    written = FileTimes(written_ms=(START + 7200 + 1800) * 1000, now_ms=(START + 10**6) * 1000)

    assert _left_out(HEADER + FIRST + SECOND + THIRD, written) == (2, [(Reason.FORMING, 1, "line 4")])


def test_a_newest_row_with_the_time_of_writing_is_left_out() -> None:
    left_out = _left_out(HEADER + FIRST + SECOND + f"{START + 7200 + 77},100,102,99,101,10\n")

    assert left_out == (2, [(Reason.FORMING, 1, "line 4")])


@pytest.mark.parametrize("is_now", [False, True])
def test_dates_without_a_zone_that_lie_in_the_future_are_refused_as_local_time(is_now: bool) -> None:
    rows = "".join(f"2024-08-15 0{k}:00,100,102,99,101,10\n" for k in range(6))
    before, later = (START + 3600) * 1000, (START + 10**6) * 1000
    times = FileTimes(written_ms=later, now_ms=before) if is_now else FileTimes(written_ms=before, now_ms=later)

    with pytest.raises(CandlesRejected, match=r"no time zone, and the newest \(2024-08-15 05:00 UTC\) is later than"):
        _read("date,open,high,low,close,volume\n" + rows, times)


@pytest.mark.parametrize(("hour", "note"), [(0, ""), (9, "; it begins and ends at 09:00 UTC, as whole days of local")])
def test_dates_without_a_zone_count_as_utc_and_it_is_noted(hour: int, note: str) -> None:
    days = [(15, h) for h in range(hour, 24)] + [(16, h) for h in range(hour)]
    rows = "".join(f"2024-08-{day} {h:02d}:00,100,102,99,101,10\n" for day, h in days)

    reading = _read("date,open,high,low,close,volume\n" + rows)

    assert reading.note.startswith("its dates say no time zone and count as UTC" + note)
    assert int(reading.candles.open_time_ms[0]) == (START + 3600 * hour) * 1000


def test_epochs_need_no_note() -> None:
    assert _read(HEADER + FIRST + SECOND).note == ""


def test_dates_with_and_without_a_zone_in_one_file_are_refused() -> None:
    with pytest.raises(CandlesRejected, match="1 dates say a time zone and 1 do not"):
        _read(
            "date,open,high,low,close,volume\n2024-08-15 00:00Z,100,102,99,101,1\n2024-08-15 01:00,100,102,99,101,1\n"
        )


def test_a_file_of_one_minute_candles_says_that_it_is_one() -> None:
    rows = "".join(f"{START + 60 * k},100,102,99,101,10\n" for k in range(20))

    with pytest.raises(CandlesRejected, match="1 minutes apart, the timeframe is 5m: set COIN_MODELS_TIMEFRAME=1m"):
        read_rows(parse_table(Path("a.csv"), (HEADER + rows).encode(), "BTC"), "BTC", FIVE_MINUTES, LONG_AFTER)


@pytest.mark.parametrize(
    "text",
    [
        f"time,x,y,z,a,b\n{START},100,102,99,101,10\n",
        f"\u65f6\u95f4,\u5f00,\u9ad8,\u4f4e,\u6536,\u91cf\n{START},100,102,99,101,10\n",
    ],
)
def test_an_unknown_header_above_rows_is_refused_as_its_order_may_be_another(text: str) -> None:
    with pytest.raises(CandlesRejected, match="is a header that names a time, open, high, low, close"):
        _read(text)


def test_a_quotation_mark_that_swallows_lines_is_refused() -> None:
    text = f'ts,open,high,low,close,volume,note\n{START},100,102,99,101,1,"a\n{START + 3600},100,102,99,101,1,b"\n'

    with pytest.raises(CandlesRejected, match="a quotation mark opens on one line and closes on another"):
        _read(text)
