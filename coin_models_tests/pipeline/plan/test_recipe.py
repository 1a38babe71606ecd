"""The recipe: which settings decide a fit, and how many days of candles it reads."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from coin_models.pipeline.plan.recipe import Recipe, architecture_of, first_candle_day, recipe_of
from coin_models.settings.market import MarketSettings
from coin_models.settings.root import Settings
from coin_models.settings.trading import TradingSettings
from coin_models.settings.training import TrainingSettings
from coin_models_tests.pipeline.plan.strategies import DAY, RECIPE, WINDOW

USUAL = TrainingSettings(lookback_days=36, validation_days=3)


def recipe(training: TrainingSettings = USUAL, **changes: object) -> Recipe:
    return recipe_of(Settings(home=Path("home"), training=training, **changes))


@pytest.mark.parametrize(
    "change",
    [{"epochs": 7}, {"width": 24}, {"learning_rate": 0.5}, {"lookback_days": 37}, {"quantiles": (0.05, 0.5, 0.95)}],
)
def test_a_setting_that_decides_the_weights_gives_another_recipe(change: dict[str, object]) -> None:
    assert recipe(USUAL.model_copy(update=change)).digest != recipe().digest


@pytest.mark.parametrize("change", [{"num_threads": 7}, {"full_retrain_every_days": 3}, {"cohort_size": 5}])
def test_a_setting_that_decides_no_weights_gives_the_same_recipe(change: dict[str, object]) -> None:
    assert recipe(USUAL.model_copy(update=change)).digest == recipe().digest


def test_neither_the_universe_nor_fees_decide_a_fit() -> None:
    assert recipe(universe=("BTC",), trading=TradingSettings(fee_bps=99)).digest == recipe().digest


def test_the_longest_gap_that_is_filled_decides_a_fit() -> None:
    assert recipe(market=MarketSettings(max_fill_minutes=5)).digest != recipe().digest


def test_a_fit_reads_the_lookback_and_what_the_slowest_feature_needs_before_it() -> None:
    made = recipe()
    settings = Settings(home=Path("home"), training=USUAL)

    assert made.first_candle_day(DAY) == first_candle_day(DAY, settings)
    assert made.num_candle_days >= USUAL.lookback_days
    assert first_candle_day(DAY, settings) <= DAY - timedelta(days=USUAL.lookback_days - 1)


def test_candles_and_parents_are_counted_with_the_day_itself() -> None:
    # 12 days of candles and a full retrain every 7 days, the day itself included.
    assert WINDOW == 12
    assert RECIPE.first_candle_day(date(2026, 3, 12)) == date(2026, 3, 1)
    assert RECIPE.parents_from(date(2026, 3, 7)) == date(2026, 3, 1)


def test_the_network_is_as_wide_as_the_settings_say() -> None:
    network = architecture_of(Settings(home=Path("home"), training=USUAL.model_copy(update={"width": 24})))

    assert network.width == 24
    assert network.timeframe == "5m"
