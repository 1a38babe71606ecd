"""The process behind the demo market: the same days in any range, continuous prices, clusters, time of day."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coin_models.clock import FixedClock
from coin_models.market.candles import Candles
from coin_models.market.sources.demo import DemoSource
from coin_models_tests.market.builders import DAY, FIVE_MINUTES, HOUR, midnight

LATER = FixedClock(midnight(date(2100, 1, 1)))
DEMO = DemoSource(7, FIVE_MINUTES, LATER)
QUARTER = DEMO.fetch("BTC", DAY - timedelta(days=89), DAY)


def _returns(candles: Candles) -> np.ndarray:
    return np.diff(np.log(candles.close))


@given(first=st.integers(0, 12), length=st.integers(1, 8), coin=st.sampled_from(DEMO.coins()))
@settings(max_examples=10, deadline=None)
def test_a_day_has_the_same_candles_whatever_range_it_is_asked_in(first: int, length: int, coin: str) -> None:
    start = DAY + timedelta(days=first)
    wide = DEMO.fetch(coin, DAY, DAY + timedelta(days=20))

    narrow = DEMO.fetch(coin, start, start + timedelta(days=length - 1))

    assert narrow.digest() == wide.slice_days(start, start + timedelta(days=length - 1)).digest()


@pytest.mark.parametrize("day", [date(1970, 1, 1), date(1999, 12, 31), date(2030, 2, 28), date(2099, 7, 1)])
def test_the_market_has_candles_on_any_date_at_prices_of_the_same_order(day: date) -> None:
    close = DEMO.fetch("BTC", day, day).close

    assert 60_000 / 5 < close.min() <= close.max() < 60_000 * 5


def test_prices_go_on_where_they_stopped_across_midnights() -> None:
    opens, closes = QUARTER.ohlcv[1:, 0], QUARTER.close[:-1]

    assert np.abs(opens - closes).max() <= 0.011  # one tick of 0.01


def test_other_seeds_coins_and_timeframes_are_other_histories() -> None:
    histories = [
        DEMO.fetch("BTC", DAY, DAY),
        DEMO.fetch("ETH", DAY, DAY),
        DemoSource(8, FIVE_MINUTES, LATER).fetch("BTC", DAY, DAY),
        DemoSource(7, HOUR, LATER).fetch("BTC", DAY, DAY),
    ]

    correlations = [np.corrcoef(_returns(histories[0]), _returns(other))[0, 1] for other in histories[1:3]]
    assert len({history.digest() for history in histories}) == 4
    assert np.abs(correlations).max() < 0.25  # 288 independent returns: 4 standard errors


def test_large_moves_come_in_clusters() -> None:
    size = np.abs(_returns(QUARTER))

    after_an_hour = np.corrcoef(size[12:], size[:-12])[0, 1]

    assert after_an_hour > 0.1  # independent returns: 0 +- 0.006


def test_the_afternoon_is_busier_than_the_small_hours() -> None:
    by_hour = np.abs(_returns(QUARTER)[287:]).reshape(-1, 12, 1)[: 88 * 24].reshape(88, 24, -1).mean(axis=(0, 2))

    assert by_hour[13:17].mean() > 1.3 * by_hour[1:5].mean()


def test_an_hour_is_as_volatile_as_the_coin_is_said_to_be() -> None:
    hourly = np.diff(np.log(QUARTER.close[::12])).std() * np.sqrt(24)

    assert 0.6 * 0.026 < hourly < 1.5 * 0.026
