"""Candles of another length than the timeframe."""

from pathlib import Path

import pytest

from coin_models.errors import CandlesRejected
from coin_models.market.files.reading import read_candle_file
from coin_models_tests.market.builders import DAY, FIVE_MINUTES, candles_at, clock_after
from coin_models_tests.market.files.written_rows import (
    START,
    candle_rows,
    csv_bytes,
    read,
    refusal,
    times,
)


def test_hourly_candles_before_those_of_five_minutes_are_refused_with_where_they_begin() -> None:
    hourly = times(25, start=START - 25 * 3600, step=3600)  # 24 steps of an hour, and one more to the first of 5m

    message = refusal(csv_bytes(candle_rows(hourly + times(100))))

    assert "25 candles from 2024-08-13 23:00 UTC on are 60 minutes apart, and others 5m" in message


def test_pauses_that_are_not_even_are_holes_and_no_other_timeframe() -> None:
    even = times(20, start=START - 20 * 3600, step=3600)  # 20 steps of an hour are fewer than 24

    assert len(read(csv_bytes(candle_rows(even + times(100)))).candles) == 120


def test_hourly_candles_are_not_read_as_five_minute_candles_with_gaps(tmp_path: Path) -> None:
    candles_at([0, 1, 2]).to_frame().to_parquet(tmp_path / "BTC_USDT.parquet")

    with pytest.raises(CandlesRejected, match="60 minutes apart, the timeframe is 5m"):
        read_candle_file(tmp_path / "BTC_USDT.parquet", "BTC", FIVE_MINUTES, clock_after(DAY).now())
