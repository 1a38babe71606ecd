"""Times of rows: epochs, dates, offsets, and what is no time."""

import io
from collections.abc import Callable

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from coin_models_tests.market.files.written_rows import (
    NAMES,
    START,
    STEP,
    VALUES,
    candle_rows,
    csv_bytes,
    read,
    refusal,
    times,
)


@pytest.mark.parametrize("time", ["20240815000500", "202408150005"])
def test_a_date_of_digits_alone_is_no_epoch(time: str) -> None:
    assert f"time '{time}' is no epoch and no ISO date" in refusal(csv_bytes([[time, *VALUES]]))


def test_a_candle_that_opens_after_tomorrow_is_refused() -> None:
    late = START + 40 * 365 * 86_400

    assert "line 5 opens at 2064-08-05 00:00 UTC, which is later than now" in refusal(
        csv_bytes(candle_rows([*times(3), late]))
    )


def test_an_offset_of_hours_alone_says_a_time_zone() -> None:
    rows = [["2024-08-15 09:00:00+09", *VALUES], ["2024-08-15 09:05:00+09", *VALUES]]

    reading = read(csv_bytes(rows))

    assert reading.candles.open_time_ms.tolist() == [START * 1000, (START + STEP) * 1000]
    assert reading.note == ""


def _parquet(values: pd.Series) -> bytes:
    table = pa.table(
        {**{name: [row[k] for row in candle_rows(times(3))] for k, name in enumerate(NAMES)}, "volume": values}
    )
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


@pytest.mark.parametrize("convert", [pd.to_timedelta, pd.to_datetime])
def test_times_in_the_column_of_volume_are_no_numbers(convert: Callable[..., pd.Series]) -> None:
    assert "is no number (3 such rows)" in refusal(
        _parquet(convert(pd.Series([1, 2, 3]), unit="s")), "BTC_USDT.parquet"
    )
