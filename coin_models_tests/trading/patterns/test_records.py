"""The record of shapes: outcomes over all coins and in each, corrected together, and trades that followed."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from coin_models.trading.patterns.library import PatternTrade
from coin_models.trading.patterns.occurrences import Occurrences
from coin_models.trading.patterns.records import make_records

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS


def occurrences(coin: str, returns: list[float]) -> Occurrences:
    """One occurrence a day, at midnight, from 1970-01-02 on."""
    days = np.arange(1, len(returns) + 1, dtype=np.int64)
    values = np.array(returns)
    return Occurrences(
        coin=coin, step_ms=HOUR_MS, starts=np.array([0, len(days)]), end_ms=days * DAY_MS, day_number=days,
        outcome=values, scaled=values,
    )  # fmt: skip


def at(hours: float) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(hours=hours)


def test_outcomes_are_measured_over_all_coins_and_in_each_that_has_one() -> None:
    coins = [occurrences("BTC", [0.01, 0.03]), occurrences("ETH", [0.05]), occurrences("SOL", [])]

    (record,) = make_records([coins], [], min_matches=3, horizon=1)

    assert record.outcome.num_matches == 3
    assert record.outcome.mean_return == pytest.approx(0.03)  # (1 + 3 + 5) / 3 per cent
    assert {coin: outcome.mean_return for coin, outcome in record.outcome_by_coin.items()} == pytest.approx(
        {"BTC": 0.02, "ETH": 0.05}
    )


def test_tests_over_all_coins_and_in_each_are_corrected_together() -> None:
    clear = occurrences("BTC", [0.010, 0.011, 0.009, 0.010, 0.012, 0.008])
    vague = occurrences("BTC", [0.02, -0.01, 0.01, -0.02, 0.03, -0.01])

    first, second = make_records([[clear], [vague]], [], min_matches=3, horizon=1)

    assert first.outcome.p_value is not None
    assert first.outcome.q_value == pytest.approx(2 * first.outcome.p_value)  # smallest p of four, twice: 4 / 2
    assert second.outcome.q_value == pytest.approx(second.outcome.p_value)  # the largest p


def test_a_trade_within_the_horizon_of_an_occurrence_belongs_to_it() -> None:
    coins = [occurrences("BTC", [0.01]), occurrences("ETH", [])]  # at hour 24
    trades = [
        PatternTrade(coin=coin, decided_at=at(hours), pnl_usd=pnl)
        for coin, hours, pnl in (
            ("BTC", 24, 1.0),
            ("BTC", 26, 2.0),
            ("BTC", 26.5, 4.0),
            ("BTC", 23, 8.0),
            ("ETH", 24, 16.0),
        )
    ]

    (record,) = make_records([coins], trades, min_matches=3, horizon=2)

    assert (record.num_trades, record.trades_pnl_usd) == (2, 3.0)
