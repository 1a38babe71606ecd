"""Rows of an exchange: each is a candle or counted."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coin_models.errors import CandlesRejected
from coin_models.market.sources.exchange_rows import Reason, Row, read_rows
from coin_models.market.timeframe import day_start_ms
from coin_models_tests.market.builders import DAY, HOUR

START = day_start_ms(DAY)


def _row(hour: int, *values: float | None) -> Row:
    return [START + hour * HOUR.ms, *(values or (100, 102, 99, 101, 10))]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ((None, None, None, None, 5), Reason.NO_PRICES),
        ((None, None, None, None, None), Reason.NO_PRICES),
        ((100, 102, 99, 101, None), Reason.NO_VOLUME),
        ((0, 0, 0, 0, 0), Reason.ALL_ZERO),
        ((0, 0, 0, 0, None), Reason.ALL_ZERO),
        ((0, 102, 99, 101, 5), Reason.IMPOSSIBLE),
        ((100, 99, 102, 101, 5), Reason.IMPOSSIBLE),
        ((100, 102, 99, None, 5), Reason.IMPOSSIBLE),
        ((100, 102, 99, 101, -1), Reason.IMPOSSIBLE),
        ((100, math.inf, 99, 101, 5), Reason.IMPOSSIBLE),
    ],
)
def test_a_row_that_is_no_candle_has_one_reason(row: tuple[float | None, ...], reason: Reason) -> None:
    read = read_rows([_row(0), _row(1, *row), _row(2)], HOUR)

    assert [(time - START) // HOUR.ms for time in read.candles.open_time_ms] == [0, 2]
    assert read.left_out[DAY] == {reason: 1}


def test_a_row_off_the_grid_is_no_candle() -> None:
    read = read_rows([_row(0), [START + 90_000, 100, 102, 99, 101, 10], _row(2)], HOUR)

    assert (len(read.candles), str(read)) == (2, f"1 row left out (1 values that cannot be), first on {DAY}")


def test_rows_of_an_ended_coin_after_its_last_trade_are_left_out() -> None:
    rows = [_row(0), _row(1, 101, 101, 101, 101, 0), _row(2), *(_row(k, 101, 101, 101, 101, 0) for k in range(3, 6))]

    assert (len(read_rows(rows, HOUR).candles), len(read_rows(rows, HOUR, has_ended=True).candles)) == (6, 3)


def test_a_reply_that_is_not_understood_is_refused() -> None:
    with pytest.raises(CandlesRejected, match=r"20 of 20 rows cannot be candles.*2024-08-15 00:00 UTC.*below its low"):
        read_rows([_row(k, 100, 102, 101, 100, 10) for k in range(20)], HOUR)


_VALUES = st.one_of(st.none(), st.sampled_from([0.0, -1.0, math.inf, math.nan]), st.floats(1e-8, 1e8))


@given(st.lists(st.tuples(*[_VALUES] * 5), max_size=30))
def test_whatever_the_values_each_row_is_a_candle_or_counted_or_all_are_refused(
    values: list[tuple[float | None, ...]],
) -> None:
    rows = [_row(hour, *row) for hour, row in enumerate(values)]

    try:
        read = read_rows(rows, HOUR)
    except CandlesRejected:
        return

    assert len(read.candles) + read.num_left_out == len(rows)
