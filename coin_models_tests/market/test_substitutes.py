"""Which stored days are the first exchange's, and how far two exchanges' prices are apart."""

import math
from datetime import timedelta

import pytest

from coin_models.market.candles import Candles
from coin_models.market.substitutes import Replaced, nearest_day, price_distance
from coin_models_tests.market.builders import DAY, HOUR, candles_at

DAYS = [DAY + timedelta(days=k) for k in (0, 2, 7)]


def _dearer(candles: Candles, factor: float) -> Candles:
    values = candles.ohlcv * [factor, factor, factor, factor, 1.0]
    return Candles(timeframe=HOUR, open_time_ms=candles.open_time_ms, ohlcv=values)


@pytest.mark.parametrize(("before", "expected"), [(3, 2), (2, 0), (0, 0), (-1, 0), (9, 7)])
def test_the_nearest_day_is_an_earlier_one_where_there_is_one(before: int, expected: int) -> None:
    assert nearest_day(DAYS, DAY + timedelta(days=before)) == DAY + timedelta(days=expected)
    assert nearest_day([], DAY) is None


def test_the_distance_is_the_median_over_candles_that_both_have() -> None:
    distance, num_shared = price_distance(candles_at([0, 1, 2, 3]), _dearer(candles_at([1, 2, 9]), 1.02))

    assert (round(distance, 6), num_shared) == (0.02, 2)
    assert math.isnan(price_distance(candles_at([0]), candles_at([1]))[0])


def test_replaced_days_are_named_with_what_they_replace_and_how_far_it_was() -> None:
    replaced = Replaced()
    replaced.note(
        DAY, "exchange kraken while binance was unavailable, x", _dearer(candles_at([0]), 1.03), candles_at([0])
    )

    assert replaced.days == [DAY]
    assert replaced.origin("exchange binance") == "exchange binance in place of exchange kraken, prices 3.00% apart"
