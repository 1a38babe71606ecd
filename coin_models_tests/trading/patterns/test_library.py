"""Outcomes, their significance, and the library from day to day."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from coin_models.clock import FixedClock
from coin_models.market.candles import Candles
from coin_models.market.timeframe import day_start_ms, parse_timeframe
from coin_models.settings.trading import TradingSettings
from coin_models.trading.pattern_repository import PatternRepository
from coin_models.trading.patterns.library import Library, PatternTrade, update_library
from coin_models.trading.patterns.outcomes import correct_for_trials, measure_outcome
from coin_models.trading.patterns.windows import CoinWindows, make_windows
from coin_models_tests.trading.builders import DAY, NOW
from coin_models_tests.trading.database import open_in

MINUTES_15 = parse_timeframe("15m")
PER_DAY = 96
SETTINGS = TradingSettings(pattern_min_correlation=0.95, pattern_min_matches=5)
HORIZON = 4


def test_a_distribution_is_that_of_the_outcomes_known() -> None:
    returns = np.array([0.01, 0.02, 0.03, -0.02, np.nan])

    outcome = measure_outcome(returns, returns * 100, np.arange(5), min_matches=3)

    assert (outcome.num_matches, outcome.num_known) == (5, 4)
    assert outcome.mean_return == pytest.approx(0.01)
    assert outcome.median_return == pytest.approx(0.015)
    assert outcome.share_up == 0.75


def test_many_occurrences_on_one_day_are_one_piece_of_evidence() -> None:
    scaled = np.array([1.0, 2.0, 1.5, 2.5, 1.0])

    apart = measure_outcome(scaled, scaled, np.arange(5), min_matches=3)
    together = measure_outcome(np.repeat(scaled, 10), np.repeat(scaled, 10), np.repeat(np.arange(5), 10), min_matches=3)

    assert apart.p_value is not None
    assert apart.p_value < 0.01
    assert together.p_value == pytest.approx(apart.p_value)


def test_few_occurrences_and_few_days_are_not_tested() -> None:
    values = np.array([1.0, 1.1, 0.9, 1.2, 1.0])

    assert measure_outcome(values, values, np.arange(5), min_matches=6).p_value is None
    assert measure_outcome(values, values, np.array([0, 1, 2, 3, 3]), min_matches=3).p_value is None


def test_the_more_shapes_were_tried_the_less_one_of_them_says() -> None:
    base = measure_outcome(np.arange(5.0), np.arange(5.0), np.arange(5), min_matches=3)
    outcomes = [replace(base, p_value=p) for p in (0.01, 0.5, None, 0.04, 0.9)]

    corrected = correct_for_trials(outcomes)

    # Four tests: 0.01 x 4 / 1, 0.04 x 4 / 2, 0.5 x 4 / 3, 0.9 x 4 / 4.
    assert [outcome.q_value for outcome in corrected] == pytest.approx([0.04, 2 / 3, None, 0.08, 0.9])


def test_random_walks_hold_shapes_but_few_significant_ones() -> None:
    library = update_library(None, DAY, market(seed=1), SETTINGS, horizon=HORIZON)

    assert len(library.patterns) >= 4
    assert sum(pattern.is_significant(0.1) for pattern in library.patterns) == 0


BUMP = np.sin(np.linspace(0, 4 * np.pi, 24)) * np.linspace(1, 2, 24)


def candles(day: date, seed: int, *, num_days: int = 12, bumps: bool = False) -> Candles:
    """Fifteen-minute candles of the days that end with `day`; with bumps, twice a day the same shape, then a rise."""
    num = num_days * PER_DAY
    rng = np.random.default_rng(seed)
    steps = rng.normal(0, 0.002, num)
    if bumps:
        for start in range(20, num, PER_DAY // 2):
            if start + 24 + HORIZON < num:
                steps[start : start + 24] = np.diff(0.02 * BUMP, prepend=0.0) + rng.normal(0, 0.0002, 24)
                steps[start + 24 : start + 24 + HORIZON] += 0.004
    close = 100 * np.exp(np.cumsum(steps))
    opens = np.concatenate(([100.0], close[:-1]))
    ohlcv = np.stack([opens, np.maximum(opens, close), np.minimum(opens, close), close, np.ones(num)], axis=1)
    start_ms = day_start_ms(day - timedelta(days=num_days - 1))
    times = start_ms + np.arange(num, dtype=np.int64) * MINUTES_15.ms
    return Candles(timeframe=MINUTES_15, open_time_ms=times, ohlcv=ohlcv)


def market(seed: int = 2, *, last: date = DAY, bumps: bool = False, upto: date = DAY) -> list[CoinWindows]:
    """Windows of two coins up to a day."""
    return [
        make_windows(coin, _until(candles(last, seed + k, bumps=bumps), upto), length=24, horizon=HORIZON)
        for k, coin in enumerate(("BTC", "ETH"))
    ]


def _until(table: Candles, day: date) -> Candles:
    return table.slice_days(table.days[0], day)


def test_a_shape_with_a_planted_outcome_is_found_in_both_coins_and_significant() -> None:
    library = update_library(None, DAY, market(bumps=True), SETTINGS, horizon=HORIZON)

    unit = (BUMP - BUMP.mean()) / np.linalg.norm(BUMP - BUMP.mean())
    planted = max(library.patterns, key=lambda pattern: float(np.array(pattern.shape) @ unit))
    assert float(np.array(planted.shape) @ unit) / 24**0.5 > 0.97
    assert planted.is_significant(0.01)
    assert set(planted.outcome_by_coin) == {"BTC", "ETH"}
    assert planted.outcome.num_matches >= 40  # twice a day, twelve days, two coins
    assert planted.outcome.mean_return is not None
    assert planted.outcome.mean_return > 0.008


def test_the_next_day_keeps_the_shapes_and_when_they_were_first_seen() -> None:
    yesterday = DAY - timedelta(days=1)
    first = update_library(None, yesterday, market(bumps=True, upto=yesterday), SETTINGS, horizon=HORIZON)

    second = update_library(first, DAY, market(bumps=True), SETTINGS, horizon=HORIZON)

    kept = {pattern.id: pattern for pattern in second.patterns}
    best = max(first.patterns, key=lambda pattern: pattern.outcome.num_matches)
    assert kept[best.id].found_on == yesterday
    assert kept[best.id].first_seen == best.first_seen
    assert kept[best.id].outcome.num_matches > best.outcome.num_matches


def test_the_same_day_gives_the_same_library() -> None:
    first, second = (update_library(None, DAY, market(bumps=True), SETTINGS, horizon=HORIZON) for _ in range(2))

    assert first == second


def test_a_shape_that_is_not_seen_for_long_enough_leaves() -> None:
    early = DAY - timedelta(days=7)
    found = update_library(None, early, market(bumps=True, upto=early), SETTINGS, horizon=HORIZON)
    quiet = [
        make_windows(coin, candles(DAY, 90 + k, num_days=2), length=24, horizon=HORIZON)
        for k, coin in enumerate(("BTC", "ETH"))
    ]
    hasty = SETTINGS.model_copy(update={"pattern_expiry_days": 1})

    library = update_library(found, DAY, quiet, hasty, horizon=HORIZON)

    expired = {pattern.id for pattern in found.patterns} - {pattern.id for pattern in library.patterns}
    assert expired
    midnight = datetime.combine(DAY, datetime.min.time(), UTC)
    assert all(pattern.last_seen > midnight for pattern in library.patterns)


def test_a_full_library_takes_no_more() -> None:
    small = SETTINGS.model_copy(update={"pattern_limit": 2})

    library = update_library(None, DAY, market(), small, horizon=HORIZON)

    assert len(library.patterns) == 2


def test_trades_made_in_a_pattern_are_counted_with_it() -> None:
    windows = market(bumps=True)
    library = update_library(None, DAY, windows, SETTINGS, horizon=HORIZON)
    seen = library.patterns[0]
    in_time = PatternTrade(coin="BTC", decided_at=seen.last_seen, pnl_usd=7.0)
    coins = [coin for coin in ("BTC", "ETH") if seen.outcome_by_coin.get(coin)]
    trades = [replace(in_time, coin=coin) for coin in coins]
    late = [replace(trade, decided_at=trade.decided_at + timedelta(days=3), pnl_usd=100.0) for trade in trades]

    again = update_library(None, DAY, windows, SETTINGS, horizon=HORIZON, trades=[*trades, *late])

    (same,) = [pattern for pattern in again.patterns if pattern.id == seen.id]
    assert 1 <= same.num_trades <= len(trades)
    assert same.trades_pnl_usd == pytest.approx(7.0 * same.num_trades)


def test_each_coin_is_told_its_nearest_patterns_best_first() -> None:
    library = update_library(None, DAY, market(), SETTINGS, horizon=HORIZON)

    for coin in ("BTC", "ETH"):
        mine = [near for near in library.nearest if near.coin == coin]
        assert [near.rank for near in mine] == [1, 2, 3]
        assert mine[0].correlation >= mine[1].correlation >= mine[2].correlation
        assert all(near.active == (near.correlation >= 0.95) for near in mine)


def test_windows_of_the_future_and_a_library_of_the_future_are_refused() -> None:
    windows = market()
    with pytest.raises(ValueError, match="must not look ahead"):
        update_library(None, DAY - timedelta(days=1), windows, SETTINGS, horizon=HORIZON)
    with pytest.raises(ValueError, match="cannot follow"):
        update_library(Library(day=DAY, patterns=(), nearest=()), DAY, windows, SETTINGS, horizon=HORIZON)


def test_a_library_is_stored_as_a_whole_and_replaced_as_a_whole(tmp_path: Path) -> None:
    database = open_in(tmp_path)
    repository = PatternRepository(database, FixedClock(NOW))
    library = update_library(None, DAY, market(bumps=True), SETTINGS, horizon=HORIZON)
    before = replace(library, patterns=library.patterns, nearest=())

    for one in (before, library):
        with database.begin() as connection:
            repository.replace(connection, one)

    assert repository.load(DAY) == library
    assert repository.newest() == library
    assert repository.newest(before=DAY) is None
