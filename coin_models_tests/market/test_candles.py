import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from coin_models.errors import CandlesRejected
from coin_models.market.candles import Candles, concat, merge
from coin_models_tests.market.builders import DAY, FIVE_MINUTES, HOUR, candle_tables, candles_at, clock_after, walk


def _altered(row: int, column: int, value: float) -> Candles:
    candles = candles_at([0, 1, 2])
    values = np.array(candles.ohlcv)
    values[row, column] = value
    return Candles(timeframe=HOUR, open_time_ms=candles.open_time_ms, ohlcv=values)


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [
        (0, np.nan, "not a finite number"),
        (4, np.inf, "not a finite number"),
        (2, 0.0, "price of zero or less"),
        (1, 100.5, "above its high"),
        (2, 100.5, "below its low"),
        (4, -1.0, "negative volume"),
    ],
)
def test_a_candle_that_cannot_be_is_refused_with_its_time_and_reason(column: int, value: float, reason: str) -> None:
    with pytest.raises(CandlesRejected, match=f"2024-08-15 01:00 UTC.*{reason}"):
        _altered(1, column, value)


@pytest.mark.parametrize(
    ("shift_ms", "reason"), [(1, "off the 1h grid"), (-3_600_000, "no later than"), (-7_200_000, "no later than")]
)
def test_a_time_off_the_grid_repeated_or_descending_is_refused(shift_ms: int, reason: str) -> None:
    candles = candles_at([0, 1])
    times = candles.open_time_ms + np.array([0, shift_ms])

    with pytest.raises(CandlesRejected, match=reason):
        Candles(timeframe=HOUR, open_time_ms=times, ohlcv=candles.ohlcv)


def test_arrays_of_other_shapes_are_refused() -> None:
    with pytest.raises(CandlesRejected, match=r"\(N, 5\)"):
        Candles(timeframe=HOUR, open_time_ms=np.zeros(2, np.int64), ohlcv=np.ones((2, 4)))


def test_changing_the_array_it_was_made_of_does_not_change_the_candles() -> None:
    values = np.array(candles_at([0]).ohlcv)
    candles = Candles(timeframe=HOUR, open_time_ms=candles_at([0]).open_time_ms, ohlcv=values)
    digest = candles.digest()

    values[0, 0] = 101.5

    assert candles.digest() == digest
    with pytest.raises(ValueError, match="read-only"):
        candles.ohlcv[0, 0] = 1.0


def test_a_slice_holds_the_days_asked_for_and_no_others() -> None:
    candles = walk(3)

    middle = candles.slice_days(DAY.replace(day=16), DAY.replace(day=16))

    assert (len(middle), middle.days) == (24, [DAY.replace(day=16)])


def test_a_candle_is_closed_at_the_instant_its_length_is_over_and_not_before() -> None:
    candles = candles_at([0, 1, 2])

    at_two, before_two = clock_after(DAY, hours=2).now(), clock_after(DAY, hours=1.999).now()

    assert len(candles.closed_by(at_two)) == 2
    assert len(candles.closed_by(before_two)) == 1


def test_equal_candles_have_equal_digests_and_any_change_another() -> None:
    digest = candles_at([0, 1]).digest()

    assert candles_at([0, 1]).digest() == digest
    assert (
        len({digest, candles_at([0, 2]).digest(), candles_at([0]).digest(), candles_at([0, 1], price=99).digest()}) == 4
    )


def test_no_volume_has_one_digest_whatever_the_sign_of_its_zero() -> None:
    assert _altered(0, 4, -0.0).digest() == _altered(0, 4, 0.0).digest()


def test_a_frame_has_the_open_times_and_the_values() -> None:
    candles = walk(2)

    frame = candles.to_frame()

    assert list(frame.columns) == ["open", "high", "low", "close", "volume"]
    assert frame.index[1] == pd.Timestamp("2024-08-15 01:00", tz="UTC")
    assert (frame.to_numpy() == candles.ohlcv).all()


@given(candle_tables(), candle_tables())
@settings(max_examples=60, deadline=None)
def test_merging_is_idempotent_and_the_order_does_not_matter(a: Candles, b: Candles) -> None:
    merged = merge(a, b)

    assert merged.digest() == merge(b, a).digest() == merge(merged, b).digest()
    assert set(merged.open_time_ms) == set(a.open_time_ms) | set(b.open_time_ms)


@given(candle_tables(), candle_tables(), candle_tables())
@settings(max_examples=40, deadline=None)
def test_merging_in_steps_or_at_once_gives_the_same(a: Candles, b: Candles, c: Candles) -> None:
    assert merge(merge(a, b), c).digest() == concat((c, a, b)).digest()


def test_the_same_candle_with_two_values_is_refused() -> None:
    with pytest.raises(CandlesRejected, match=r"1 candle\(s\) have two different values, first 2024-08-15 01:00"):
        merge(candles_at([0, 1]), candles_at([1, 2], price=50))


def test_candles_of_two_timeframes_are_not_joined() -> None:
    with pytest.raises(CandlesRejected, match="one timeframe can be joined; found 1h, 5m"):
        merge(candles_at([0]), candles_at([0], timeframe=FIVE_MINUTES))
