from datetime import timedelta

import numpy as np
import pytest

from coin_models.market.candles import Candles, empty_candles
from coin_models.market.quality import DayQuality, assess_day
from coin_models_tests.market.builders import DAY, FIVE_MINUTES, candles_at, walk, without

WHOLE = walk(1, timeframe=FIVE_MINUTES)


def _assess(candles: Candles, *, days_asked_before: int = 0) -> DayQuality:
    return assess_day("BTC", candles, DAY, asked_from=DAY - timedelta(days=days_asked_before))


def _with(rows: slice, values: list[float]) -> Candles:
    """The whole day with these rows replaced by open, high, low, close, volume."""
    ohlcv = np.array(WHOLE.ohlcv)
    ohlcv[rows] = values
    return Candles(timeframe=FIVE_MINUTES, open_time_ms=WHOLE.open_time_ms, ohlcv=ohlcv)


def test_a_whole_quiet_day_has_no_problems() -> None:
    quality = _assess(WHOLE)

    assert (quality.num_candles, quality.coverage, quality.problems) == (288, 1.0, ())


def test_gaps_are_counted_and_the_longest_is_told() -> None:
    quality = _assess(without(WHOLE, [3, 50, 51, 52]))

    assert (quality.num_gaps, quality.longest_gap, quality.num_outages) == (2, 3, 0)
    assert quality.problems == ("2 gap(s), longest 3 candles",)


def test_a_gap_of_an_hour_is_an_outage_and_one_candle_less_is_not() -> None:
    assert _assess(without(WHOLE, slice(100, 112))).num_outages == 1
    assert _assess(without(WHOLE, slice(100, 111))).num_outages == 0


def test_candles_missing_at_both_ends_of_the_day_are_gaps() -> None:
    quality = _assess(without(WHOLE, [0, 1, 286, 287]))

    assert (quality.num_gaps, quality.longest_gap) == (2, 2)


def test_what_is_missing_before_the_first_candle_of_a_listing_day_is_no_gap() -> None:
    quality = _assess(without(WHOLE, slice(0, 96)), days_asked_before=3)

    assert (quality.is_listing_day, quality.num_gaps, quality.num_candles) == (True, 0, 192)
    assert quality.problems == ("listing day: first candle 08:00 UTC",)


def test_the_first_day_that_was_asked_for_is_not_taken_for_a_listing_day() -> None:
    assert not _assess(WHOLE, days_asked_before=0).is_listing_day


def test_a_day_after_other_candles_is_no_listing_day() -> None:
    history = walk(2, first=DAY - timedelta(days=1), timeframe=FIVE_MINUTES)

    assert not _assess(history, days_asked_before=3).is_listing_day


@pytest.mark.parametrize(("length", "num_frozen"), [(12, 12), (11, 0)])
def test_candles_frozen_for_an_hour_are_counted_and_shorter_standstills_are_not(length: int, num_frozen: int) -> None:
    quality = _assess(_with(slice(100, 100 + length), [77.0, 77.0, 77.0, 77.0, 5.0]))

    assert quality.num_frozen == num_frozen


def test_a_wick_far_beyond_the_body_is_counted() -> None:
    opens = WHOLE.ohlcv[100, 0]

    quality = _assess(_with(slice(100, 101), [opens, opens * 1.5, opens, opens, 5.0]))

    assert (quality.num_wicks, quality.problems) == (1, ("1 wick(s)",))


def test_candles_without_volume_are_counted() -> None:
    quality = _assess(_with(slice(7, 9), [*WHOLE.ohlcv[7, :4], 0.0]))

    assert quality.num_zero_volume == 2


def test_a_day_without_candles_is_one_gap_and_an_outage() -> None:
    quality = _assess(empty_candles(FIVE_MINUTES))

    assert (quality.coverage, quality.num_gaps, quality.longest_gap, quality.num_outages) == (0.0, 1, 288, 1)


def test_judging_candles_leaves_them_as_they_are() -> None:
    candles = candles_at([0, 5, 6])
    digest = candles.digest()

    _assess(candles)

    assert candles.digest() == digest
