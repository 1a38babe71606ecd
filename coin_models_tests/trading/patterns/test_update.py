"""The library from day to day."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from coin_models.trading.patterns.library import Library, PatternTrade
from coin_models.trading.patterns.update import update_library
from coin_models.trading.patterns.windows import CoinWindows, make_windows
from coin_models_tests.trading.builders import DAY
from coin_models_tests.trading.patterns.markets import BUMP, HORIZON, SETTINGS, candles, market


def test_random_walks_hold_shapes_but_few_significant_ones() -> None:
    library = update_library(None, DAY, market(seed=1), SETTINGS, length=24, horizon=HORIZON)

    assert len(library.patterns) >= 4
    assert sum(pattern.is_significant(0.1) for pattern in library.patterns) == 0


def test_a_shape_with_a_planted_outcome_is_found_in_both_coins_and_significant() -> None:
    library = update_library(None, DAY, market(bumps=True), SETTINGS, length=24, horizon=HORIZON)

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
    first = update_library(None, yesterday, market(bumps=True, upto=yesterday), SETTINGS, length=24, horizon=HORIZON)

    second = update_library(first, DAY, market(bumps=True), SETTINGS, length=24, horizon=HORIZON)

    kept = {pattern.id: pattern for pattern in second.patterns}
    best = max(first.patterns, key=lambda pattern: pattern.outcome.num_matches)
    assert kept[best.id].found_on == yesterday
    assert kept[best.id].first_seen == best.first_seen
    assert kept[best.id].outcome.num_matches > best.outcome.num_matches


def test_the_same_day_gives_the_same_library() -> None:
    first, second = (
        update_library(None, DAY, market(bumps=True), SETTINGS, length=24, horizon=HORIZON) for _ in range(2)
    )

    assert first == second


def test_a_shape_that_is_not_seen_for_long_enough_leaves() -> None:
    early = DAY - timedelta(days=7)
    before = update_library(None, early, market(bumps=True, upto=early), SETTINGS, length=24, horizon=HORIZON)
    quiet = [
        make_windows(coin, candles(DAY, 90 + k, num_days=2), length=24, horizon=HORIZON)
        for k, coin in enumerate(("BTC", "ETH"))
    ]
    hasty = SETTINGS.model_copy(update={"pattern_expiry_days": 1})

    library = update_library(before, DAY, quiet, hasty, length=24, horizon=HORIZON)

    expired = {pattern.id for pattern in before.patterns} - {pattern.id for pattern in library.patterns}
    assert expired
    midnight = datetime.combine(DAY, datetime.min.time(), UTC)
    assert all(pattern.last_seen > midnight for pattern in library.patterns)


def test_a_full_library_takes_no_more() -> None:
    small = SETTINGS.model_copy(update={"pattern_limit": 2})

    library = update_library(None, DAY, market(), small, length=24, horizon=HORIZON)

    assert len(library.patterns) == 2


def test_trades_made_in_a_pattern_are_counted_with_it() -> None:
    windows = market(bumps=True)
    library = update_library(None, DAY, windows, SETTINGS, length=24, horizon=HORIZON)
    seen = library.patterns[0]
    in_time = PatternTrade(coin="BTC", decided_at=seen.last_seen, pnl_usd=7.0)
    coins = [coin for coin in ("BTC", "ETH") if seen.outcome_by_coin.get(coin)]
    trades = [replace(in_time, coin=coin) for coin in coins]
    late = [replace(trade, decided_at=trade.decided_at + timedelta(days=3), pnl_usd=100.0) for trade in trades]

    again = update_library(None, DAY, windows, SETTINGS, length=24, horizon=HORIZON, trades=[*trades, *late])

    (same,) = [pattern for pattern in again.patterns if pattern.id == seen.id]
    assert 1 <= same.num_trades <= len(trades)
    assert same.trades_pnl_usd == pytest.approx(7.0 * same.num_trades)


def test_each_coin_is_told_its_nearest_patterns_best_first() -> None:
    library = update_library(None, DAY, market(), SETTINGS, length=24, horizon=HORIZON)

    for coin in ("BTC", "ETH"):
        mine = [near for near in library.nearest if near.coin == coin]
        assert [near.rank for near in mine] == [1, 2, 3]
        assert mine[0].correlation >= mine[1].correlation >= mine[2].correlation
        assert all(near.active == (near.correlation >= 0.95) for near in mine)


def test_windows_of_the_future_and_a_library_of_the_future_are_refused() -> None:
    windows = market()
    with pytest.raises(ValueError, match="must not look ahead"):
        update_library(None, DAY - timedelta(days=1), windows, SETTINGS, length=24, horizon=HORIZON)
    with pytest.raises(ValueError, match="cannot follow"):
        update_library(Library(day=DAY, patterns=(), nearest=()), DAY, windows, SETTINGS, length=24, horizon=HORIZON)


class CountedReads:
    """Windows that are read from their beginning each time, and how often that was."""

    def __init__(self, windows: list[CoinWindows]) -> None:
        self._windows = windows
        self.num_reads = 0

    def __len__(self) -> int:
        return len(self._windows)

    def __iter__(self) -> Iterator[CoinWindows]:
        self.num_reads += 1
        yield from self._windows


def test_coins_are_read_once_where_the_established_shapes_hold_every_place() -> None:
    small = SETTINGS.model_copy(update={"pattern_limit": 1})
    yesterday = DAY - timedelta(days=1)
    before = market(bumps=True, upto=yesterday)
    first_day, next_day = CountedReads(before), CountedReads(market(bumps=True))

    first = update_library(None, yesterday, first_day, small, length=24, horizon=HORIZON)
    second = update_library(first, DAY, next_day, small, length=24, horizon=HORIZON)

    assert first_day.num_reads == 2
    assert next_day.num_reads == 1
    assert [pattern.id for pattern in second.patterns] == [pattern.id for pattern in first.patterns]
