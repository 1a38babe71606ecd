"""`load_candles`: what a home has stored of a coin, as a frame."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from coin_models.clock import FixedClock
from coin_models.errors import CoinUnknown, NoHome
from coin_models.home.stored_candles import load_candles
from coin_models.market.store import CandleStore
from coin_models.pipeline.services import open_services
from coin_models.settings.root import Settings
from coin_models_tests.backends import Backend
from coin_models_tests.market.builders import DAY, HOUR, walk

CANDLES = walk(3, first=DAY)


@pytest.fixture
def settings(embedded: Backend) -> Settings:
    hourly = Settings(home=embedded.settings.home, timeframe="1h")
    clock = FixedClock(datetime(2026, 3, 10, tzinfo=UTC))
    with open_services(hourly, create=True, clock=clock) as services:
        store = CandleStore(services.store, services.database, HOUR, clock)
        store.write_days("BTC", {day: CANDLES.slice_days(day, day) for day in CANDLES.days})
    return hourly


def test_all_that_is_stored_is_read(settings: Settings) -> None:
    pd.testing.assert_frame_equal(load_candles("btc", settings=settings), CANDLES.to_frame())


def test_the_days_can_be_named(settings: Settings) -> None:
    second = DAY + timedelta(days=1)

    frame = load_candles("BTC", second, second, settings=settings)

    pd.testing.assert_frame_equal(frame, CANDLES.slice_days(second, second).to_frame())


@pytest.mark.parametrize(("coin", "offset"), [("ETH", 0), ("BTC", 100)])
def test_what_is_not_stored_is_said(settings: Settings, coin: str, offset: int) -> None:
    day = DAY + timedelta(days=offset)

    with pytest.raises(CoinUnknown, match=f"no candle of {coin} is stored from {day}"):
        load_candles(coin, day, settings=settings)


def test_no_home_is_made(embedded: Backend) -> None:
    with pytest.raises(NoHome):
        load_candles("BTC", settings=embedded.settings)

    assert not embedded.settings.home.exists()
