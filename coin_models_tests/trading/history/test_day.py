"""A day's forecasts as a value: which candles, which outcomes, and whose."""

from datetime import date, timedelta
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from coin_models.features.table import build_features
from coin_models.market.candles import Candles
from coin_models.market.timeframe import day_start_ms
from coin_models.settings.market import MarketSettings
from coin_models.trading.candidates import TradableModel
from coin_models.trading.history.day import DayForecasts, forecasts_of_day
from coin_models.trading.history.recorder import ForecastRecorder
from coin_models.trading.shadow_day import ForecastShape, ShadowDay
from coin_models.trading.trades import Role, Trader
from coin_models_tests.pipeline.trading_days import TradingWorld
from coin_models_tests.trading.history.test_recorder import Counting

MINUTES_5 = 300_000
VERSION, VERSION_DAY = "v", date(2024, 8, 9)


@pytest.fixture(scope="module")
def candles(world: TradingWorld) -> Candles:
    return world.services.candles.read_range(["BTC"], world.days[0] - timedelta(days=5), world.days[-1])["BTC"]


def result(day: date, role: Role = Role.CHAMPION) -> ShadowDay:
    """As far as it is read."""
    trader = Trader(coin="BTC", day=day, role=role, version_id=VERSION, resumed=False)
    return cast("ShadowDay", SimpleNamespace(trader=trader))


def made_on(day: date, candles: Candles, *roles: Role, rows_from: int = -288) -> DayForecasts:
    """The forecasts of the last rows, counted from the end of the day."""
    shape = ForecastShape(levels=(0.1, 0.5, 0.9), horizon=12, window=4)
    recorder = ForecastRecorder(
        lambda _: TradableModel(forecaster=Counting(), shape=shape, weights={}, reference=Counting())
    )
    model = recorder.load(VERSION)
    table = build_features(candles.slice_days(candles.days[0], day), MarketSettings())
    rows = np.arange(len(table))[rows_from:]
    for forecaster in (model.forecaster, model.reference):
        assert forecaster is not None
        forecaster.log_returns(table, rows)
    results = [result(day, role) for role in roles]
    return forecasts_of_day("BTC", day, candles, results, recorder, {VERSION: VERSION_DAY})


def test_a_day_that_nothing_forecast_has_no_roles(world: TradingWorld, candles: Candles) -> None:
    made = made_on(world.days[1], candles)

    assert (made.roles, made.num_forecasts, made.levels, len(made.earlier.realised)) == ((), 0, (), 0)


def test_outcomes_of_the_day_before_are_those_that_end_on_this_day(world: TradingWorld, candles: Candles) -> None:
    """Twelve candles: the closes from 23:05 to 24:00 have their outcome from 00:05 to 01:00."""
    earlier = made_on(world.days[1], candles, Role.CHAMPION).earlier

    midnight = day_start_ms(world.days[1])
    closes = dict(zip((candles.open_time_ms + MINUTES_5).tolist(), np.log(candles.close), strict=True))
    expected = [closes[at + 12 * MINUTES_5] - closes[at] for at in earlier.made_at_ms.tolist()]
    assert earlier.made_at_ms.tolist() == [midnight - k * MINUTES_5 for k in reversed(range(12))]
    assert (earlier.valid_until_ms - earlier.made_at_ms == 12 * MINUTES_5).all()
    np.testing.assert_allclose(earlier.realised, expected, atol=1e-12)


def test_outcomes_after_the_day_are_not_known_on_it(world: TradingWorld, candles: Candles) -> None:
    (made,) = made_on(world.days[1], candles, Role.CHAMPION).roles

    assert np.isnan(made.outcomes.realised).tolist() == [False] * 276 + [True] * 12


def test_only_candles_of_the_day_count(world: TradingWorld, candles: Candles) -> None:
    (made,) = made_on(world.days[1], candles, Role.CHALLENGER, rows_from=-300).roles

    start = day_start_ms(world.days[1])
    assert made.outcomes.made_at_ms.tolist() == [start + k * MINUTES_5 for k in range(1, 289)]
    assert (made.version_id, made.version_day, len(made.scale)) == (VERSION, VERSION_DAY, 288)


def test_candles_that_were_not_forecast_from_are_not_in_it(world: TradingWorld, candles: Candles) -> None:
    made = made_on(world.days[1], candles, Role.CHAMPION, Role.CHALLENGER, rows_from=-10)

    assert [len(role.quantiles) for role in made.roles] == [10, 10]
    assert made.num_forecasts == 20


def test_each_role_has_its_own_forecaster_and_its_versions_reference(world: TradingWorld, candles: Candles) -> None:
    reference, challenger = made_on(world.days[1], candles, Role.REFERENCE, Role.CHALLENGER).roles

    assert reference.reference is None
    assert challenger.reference is not None
    assert challenger.reference.tolist() == reference.quantiles.tolist()


def test_the_unconditional_quantiles_are_of_what_was_known_before_the_day(
    world: TradingWorld, candles: Candles
) -> None:
    (made,) = made_on(world.days[1], candles, Role.CHAMPION).roles
    (shorter,) = made_on(world.days[1], candles.slice_days(candles.days[0], world.days[1]), Role.CHAMPION).roles

    assert made.unconditional == shorter.unconditional
    assert list(made.unconditional) == sorted(made.unconditional)
