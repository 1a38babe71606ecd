import io

import pandas as pd
import pyarrow.parquet as pq
import pytest

from coin_models.errors import ObjectDamaged
from coin_models.market.candles import empty_candles
from coin_models.market.codec import decode, decode_days, encode_day
from coin_models_tests.market.builders import DAY, FIVE_MINUTES, HOUR, candles_at, walk


def test_a_day_is_read_back_as_it_was_written() -> None:
    day = walk(1, timeframe=FIVE_MINUTES)

    assert decode(encode_day(day), FIVE_MINUTES).digest() == day.digest()


def test_a_day_without_candles_is_read_back_as_such() -> None:
    assert len(decode(encode_day(empty_candles(HOUR)), HOUR)) == 0


def test_equal_days_give_equal_bytes() -> None:
    assert encode_day(walk(1)) == encode_day(walk(1))


def test_any_parquet_reader_can_open_a_stored_day() -> None:
    frame = pd.read_parquet(io.BytesIO(encode_day(candles_at([0, 1]))))

    assert list(frame.columns) == ["ts", "open", "high", "low", "close", "volume"]
    assert frame["ts"][1] == pd.Timestamp("2024-08-15 01:00", tz="UTC")


@pytest.mark.parametrize("keep", [0, 3, 40, -1])
def test_a_damaged_day_is_named_and_not_read(keep: int) -> None:
    data = encode_day(walk(1))[:keep]

    with pytest.raises(ObjectDamaged, match="BTC of Thursday"):
        decode_days([("BTC of Thursday", data)], HOUR)


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7])
def test_a_flipped_bit_among_the_prices_is_damage_not_another_price(share: float) -> None:
    data = bytearray(encode_day(walk(1, timeframe=FIVE_MINUTES)))
    data[int(share * len(data))] ^= 4

    with pytest.raises(ObjectDamaged, match="not stored candles"):
        decode(bytes(data), FIVE_MINUTES)


def test_a_day_that_was_stored_without_checksums_is_still_read() -> None:
    day = walk(1, timeframe=FIVE_MINUTES)
    sink = io.BytesIO()
    pq.write_table(pq.read_table(io.BytesIO(encode_day(day))), sink)

    assert decode(sink.getvalue(), FIVE_MINUTES).digest() == day.digest()


def test_candles_of_another_timeframe_are_not_read_as_ours() -> None:
    with pytest.raises(ObjectDamaged, match="'1h', expected 5m"):
        decode(encode_day(candles_at([0])), FIVE_MINUTES)


def test_days_that_overlap_are_damage() -> None:
    data = encode_day(candles_at([0], day=DAY))

    with pytest.raises(ObjectDamaged, match="no later than"):
        decode_days([("a", data), ("b", data)], HOUR)
