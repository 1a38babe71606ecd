"""Which column is which: unknown headers, volumes that are none."""

from pathlib import Path

import pytest

from coin_models.errors import CandlesRejected
from coin_models.market.files.reading import read_candle_file
from coin_models_tests.market.builders import DAY, HOUR, candles_at, clock_after
from coin_models_tests.market.files.written_rows import (
    csv_bytes,
    refusal,
    times,
)


def test_a_mean_price_without_a_header_is_not_taken_for_the_volume() -> None:
    rows = [[time, 100.0, 102.0, 99.0, 101.0, 100.4, 7.5] for time in times(12)]  # Kraken: ..., close, vwap, volume

    assert "it is a price and not the volume" in refusal(csv_bytes(rows, None))


def test_a_volume_of_another_asset_is_not_taken_for_the_coins(tmp_path: Path) -> None:
    frame = candles_at([0, 1]).to_frame().reset_index(names="ts").rename(columns={"volume": "volume usdt"})
    frame.to_parquet(tmp_path / "BTC_USDT.parquet")

    with pytest.raises(CandlesRejected, match="no column of volume"):
        read_candle_file(tmp_path / "BTC_USDT.parquet", "BTC", HOUR, clock_after(DAY).now())
