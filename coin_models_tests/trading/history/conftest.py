"""A home of two coins and four traded days: each coin is forecast by its reference at first, then by a champion."""

from collections.abc import Iterator

import pytest

from coin_models.trading.history.index import ForecastIndex
from coin_models_tests.pipeline.trading_days import TradingWorld


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TradingWorld]:
    made = TradingWorld(tmp_path_factory.mktemp("forecasts") / "home", num_days=4, coins=("BTC", "ETH"), crowns=False)
    for day in made.days:
        made.trade(day)
    yield made
    made.services.close()


@pytest.fixture(scope="package")
def index(world: TradingWorld) -> ForecastIndex:
    return world.services.forecasts
