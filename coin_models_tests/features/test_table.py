"""The contents of the feature table: manually calculated numbers, gaps, history, speed."""

import time

import numpy as np
import pytest

from coin_models.features.table import build_features, build_targets, feature_names, horizon_volatility
from coin_models.market.timeframe import parse_timeframe
from coin_models.settings.market import MarketSettings
from coin_models_tests.features.strategies import MONDAY_MS, random_candles, steady_candles, without_rows

FEATURE_NAMES = feature_names(parse_timeframe("5m"))
HISTORY_CANDLES, SETTLE_CANDLES = 864, 36  # three days and three hours
MARKET = MarketSettings(max_fill_minutes=15)


def column(table_x: np.ndarray, name: str) -> np.ndarray:
    return table_x[:, FEATURE_NAMES.index(name)]


def test_a_constant_range_is_its_own_volatility() -> None:
    closes = [100.0 * (1.001 if k % 2 else 1.0) for k in range(400)]
    table = build_features(steady_candles(closes), MARKET)

    # Every candle spans log(1.001); a Brownian motion with that mean range has sqrt(pi / 8) of it as volatility. The
    # first candle opens and closes at 100 and has no range: the average of a day, 288 candles, forgets it last.
    assert table.volatility[399] == pytest.approx(np.log(1.001) * np.sqrt(np.pi / 8), rel=1e-3)
    assert column(table.x, "range_12")[399] == pytest.approx(0, abs=1e-3)
    assert column(table.x, "volume")[399] == pytest.approx(0, abs=1e-6)


def test_the_target_is_the_coming_log_return_over_its_expected_size() -> None:
    table = build_features(random_candles(3, 200), MARKET)
    targets = build_targets(table, 4)

    expected = np.log(table.close[104] / table.close[100]) / (table.volatility[100] * 2)  # sqrt(4) = 2
    assert targets[100] == pytest.approx(expected, rel=1e-6)
    assert targets[100] * horizon_volatility(table, 4)[100] == pytest.approx(
        np.log(table.close[104] / table.close[100])
    )
    assert np.isnan(targets[-4:]).all()
    assert np.isfinite(targets[:-4]).all()


def test_a_target_that_starts_or_ends_in_a_gap_is_not_known() -> None:
    table = build_features(without_rows(random_candles(3, 60), [30, 31]), MARKET)
    targets = build_targets(table, 4)

    assert np.flatnonzero(np.isnan(targets)).tolist() == [26, 27, 30, 31, 56, 57, 58, 59]


def test_momentum_has_the_sign_of_the_move_and_time_of_day_is_exact() -> None:
    closes = [100.0] * 300 + [101.0] * 10
    table = build_features(steady_candles(closes), MARKET)
    six_hours = 72  # candles

    assert column(table.x, "momentum_5")[299] == 0
    assert column(table.x, "momentum_5")[300] > 1
    assert column(table.x, "sin_day_1")[six_hours] == pytest.approx(1)
    assert column(table.x, "cos_day_2")[six_hours] == pytest.approx(-1)


def test_features_are_finite_when_price_and_volume_stand_still() -> None:
    table = build_features(steady_candles([5.0] * 1000, volume=0.0), MARKET)

    assert np.isfinite(table.x).all()
    assert (table.volatility > 0).all()


def test_a_short_gap_is_carried_forward_flagged_and_usable() -> None:
    candles = random_candles(5, 1200)
    table = build_features(without_rows(candles, [1000, 1001, 1002]), MARKET)

    assert len(table) == 1200
    assert table.close[1000:1003].tolist() == [candles.close[999]] * 3
    assert column(table.x, "filled_12")[1002] == pytest.approx(3 / 12)
    assert table.usable[HISTORY_CANDLES:].all()
    assert np.flatnonzero(~table.real).tolist() == [1000, 1001, 1002]


def test_a_long_gap_makes_its_rows_and_those_that_remember_it_unusable() -> None:
    table = build_features(without_rows(random_candles(5, 1200), list(range(1000, 1010))), MARKET)
    unusable = np.flatnonzero(~table.usable[HISTORY_CANDLES:]) + HISTORY_CANDLES

    # The gap becomes long with its fourth row; its last row, 1009, is remembered for SETTLE_CANDLES rows.
    assert unusable.tolist() == list(range(1003, 1009 + SETTLE_CANDLES))


def test_a_forecast_from_three_days_of_candles_sees_what_the_fit_saw() -> None:
    candles = random_candles(11, 6000)
    whole = build_features(candles, MARKET)
    recent = build_features(without_rows(candles, list(range(6000 - HISTORY_CANDLES - 1))), MARKET)

    assert recent.usable[-1]
    np.testing.assert_allclose(recent.x[-1], whole.x[-1], rtol=2e-3, atol=2e-3)
    assert recent.volatility[-1] == pytest.approx(whole.volatility[-1], rel=1e-5)


def test_no_candles_are_refused() -> None:
    empty = without_rows(random_candles(1, 10), list(range(10)))

    with pytest.raises(ValueError, match="no candles"):
        build_features(empty, MARKET)


def test_the_grid_starts_at_the_first_candle_and_has_no_holes() -> None:
    table = build_features(without_rows(random_candles(5, 300), [10, 50, 51, *range(100, 200)]), MARKET)

    assert table.open_time_ms[0] == MONDAY_MS
    assert (np.diff(table.open_time_ms) == 300_000).all()
    assert table.x.shape == (300, len(FEATURE_NAMES))


def test_features_of_a_coin_take_a_small_part_of_a_second() -> None:
    candles = random_candles(7, 90 * 288)
    started = time.process_time()
    build_features(candles, MARKET)

    assert time.process_time() - started < 0.5  # measured: 0.02 s of CPU
