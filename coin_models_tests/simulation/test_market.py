"""The night's market: the same candles on each look, until it corrects them, delists a coin or is unavailable."""

from datetime import date

import numpy as np

from coin_models.errors import CoinDelisted, SourceUnavailable
from coin_models.market.candles import VOLUME
from coin_models.simulation.market import COINS, Market, walk
from coin_models_tests.simulation.worlds import run_in, world_with

DAY = date(2026, 3, 9)


def test_a_correction_changes_its_day_and_no_other() -> None:
    market = Market()
    before = market.candles("BTC", DAY, date(2026, 3, 10))
    market.corrected["BTC", DAY] = 1
    after = market.candles("BTC", DAY, date(2026, 3, 10))

    assert (after.ohlcv[:24, VOLUME] == before.ohlcv[:24, VOLUME] + 1).all()
    assert np.array_equal(after.ohlcv[24:], before.ohlcv[24:])


def test_a_delisted_coin_has_no_candles_from_then_on() -> None:
    market = Market(delisted_on={"BTC": date(2026, 3, 10)})

    assert len(market.candles("BTC", DAY, date(2026, 3, 11))) == 24
    with world_with() as world:
        world.market.delisted_on["ETH"] = DAY
        process = run_in(world, lambda services: services.source.fetch("ETH", DAY, DAY))
    assert isinstance(process.failure, CoinDelisted)


def test_a_market_that_is_away_answers_nothing() -> None:
    with world_with() as world:
        world.market.is_away = True
        process = run_in(world, lambda services: services.source.fetch("BTC", DAY, DAY))

    assert isinstance(process.failure, SourceUnavailable)


def test_coins_differ() -> None:
    assert len({walk(coin).digest() for coin in COINS}) == len(COINS)
