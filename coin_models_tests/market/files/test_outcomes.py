"""The result of reading a file as values: every row is counted, and a sentence says where."""

from pathlib import Path

import pytest

from coin_models.market.files.outcomes import LeftOut, Reason, RowsRead, rejected, utc
from coin_models_tests.market.builders import candles_at


def test_rows_that_are_neither_candles_nor_counted_are_a_defect() -> None:
    empty = LeftOut(reason=Reason.EMPTY, num_rows=1, first="line 4")

    assert RowsRead(candles=candles_at([0, 1]), num_rows=3, left_out=(empty,)).num_rows == 3
    with pytest.raises(ValueError, match="4 rows are not 2 candles"):
        RowsRead(candles=candles_at([0, 1]), num_rows=4, left_out=(empty,))


@pytest.mark.parametrize(("count", "text"), [(1, "line 4: empty"), (3, "3 rows, first line 4: empty")])
def test_rows_that_were_left_out_are_named_by_the_first(count: int, text: str) -> None:
    assert str(LeftOut(reason=Reason.EMPTY, num_rows=count, first="line 4")) == text


@pytest.mark.parametrize(("time_ms", "text"), [(0, "1970-01-01 00:00 UTC"), (10**18, "epoch 1000000000000000000 ms")])
def test_a_time_that_no_calendar_has_is_shown_as_a_number(time_ms: int, text: str) -> None:
    assert utc(time_ms) == text


def test_a_refusal_says_the_file_and_what_to_do() -> None:
    assert str(rejected(Path("a.csv"), "a hole")) == "a.csv cannot be read safely: a hole. Correct or remove the file"
