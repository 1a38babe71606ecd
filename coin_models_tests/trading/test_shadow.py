"""Shadow trading of a day: manually calculated trades, and the properties that every day has."""

from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coin_models.market.candles import Candles
from coin_models.trading.forecasts import Forecasts
from coin_models.trading.policy import PolicyRules
from coin_models.trading.shadow import simulate_day
from coin_models.trading.trades import ExitReason, Trade
from coin_models_tests.trading.builders import DEAR, FREE, HOURLY, LEVELS, RULES, candles_of, forecasts_of

FLAT = [100.0] * 24


def trades_of(candles: Candles, forecasts: Forecasts, *, rules: PolicyRules = RULES) -> tuple[Trade, ...]:
    return simulate_day(candles, forecasts, rules=rules, costs=FREE, equity_usd=10_000.0)


def at(hour: int) -> datetime:
    return datetime(2024, 8, 15, hour, tzinfo=UTC)


def test_a_forecast_made_at_a_close_fills_at_the_next_open_and_leaves_after_the_horizon() -> None:
    opens = [100.0] * 6 + [110.0] * 18  # the price jumps between 05:00 and 06:00

    (trade,) = trades_of(candles_of(opens), forecasts_of({2: 0.03}, 24))

    assert (trade.decided_at, trade.entry.at, trade.exit.at) == (at(3), at(3), at(6))  # candle 2 closes at 03:00
    assert trade.exit_reason is ExitReason.HORIZON
    assert trade.num_candles_held == 3
    assert trade.pnl_usd == pytest.approx(500.0)  # half of 10,000 at 100 buys 50, which gain 10 each


def test_every_cost_is_charged_once_per_fill() -> None:
    opens = [100.0] * 6 + [110.0] * 18

    (trade,) = simulate_day(
        candles_of(opens), forecasts_of({2: 0.03}, 24), rules=RULES, costs=DEAR, equity_usd=10_000.0
    )

    # 50 coins. Bought at 100.05, sold at 109.945: slippage 50 x 0.05 + 50 x 0.055 = 5.25.
    # Fees 0.1 % of 5,002.50 and of 5,497.25 = 10.49975. Funding 24 bps a day x 3/24 of 5,002.50 = 1.50075.
    assert trade.slippage_usd == pytest.approx(5.25)
    assert trade.fees_usd == pytest.approx(10.49975)
    assert trade.funding_usd == pytest.approx(1.50075)
    assert trade.pnl_usd == pytest.approx(500.0 - 5.25 - 10.49975 - 1.50075)


def test_a_short_gains_when_the_price_falls() -> None:
    opens = [100.0] * 6 + [90.0] * 18

    (trade,) = trades_of(candles_of(opens), forecasts_of({2: -0.03}, 24))

    assert trade.side == -1
    assert trade.pnl_usd == pytest.approx(500.0)


def test_a_stop_fills_at_its_price_within_the_candle_that_touches_it() -> None:
    rules = PolicyRules(edge_margin=0, risk_fraction=0.01, max_position=1, stop_interval_multiple=1.5)
    opens = [100.0] * 5 + [95.0] * 19  # candle 4 falls from 100 to 95, through the stop at 100 x (1 - 1.5 x 2 %) = 97

    (trade,) = trades_of(candles_of(opens), forecasts_of({2: 0.03}, 24), rules=rules)

    assert (trade.exit_reason, trade.exit.quoted) == (ExitReason.STOP, pytest.approx(97.0))
    assert trade.exit.at == at(5)  # when within the candle is not known: its close
    assert trade.pnl_usd == pytest.approx(-150.0)


def test_a_gap_through_the_stop_fills_at_the_open() -> None:
    rules = PolicyRules(edge_margin=0, risk_fraction=0.01, max_position=1, stop_interval_multiple=1.5)
    opens = [100.0] * 4 + [100.0, 90.0] + [90.0] * 18
    candles = candles_of(opens, skip=(4,))  # nothing traded between 04:00 and 05:00; then it opens at 90

    (trade,) = trades_of(candles, forecasts_of({2: 0.03}, 23), rules=rules)

    assert (trade.exit_reason, trade.exit.quoted) == (ExitReason.STOP, 90.0)


def test_an_opposite_forecast_turns_the_position_around() -> None:
    first, second = trades_of(candles_of(FLAT), forecasts_of({2: 0.03, 3: -0.03}, 24))

    assert (first.exit_reason, first.exit.at) == (ExitReason.REVERSAL, at(4))
    assert (second.side, second.entry.at, second.exit.at) == (-1, at(4), at(7))


def test_a_forecast_repeated_at_the_horizon_holds_on_instead_of_paying_twice() -> None:
    (trade,) = trades_of(candles_of(FLAT), forecasts_of({2: 0.03, 5: 0.03}, 24))

    assert (trade.entry.at, trade.exit.at) == (at(3), at(9))


def test_a_forecast_repeated_before_the_horizon_changes_nothing() -> None:
    (trade,) = trades_of(candles_of(FLAT), forecasts_of({2: 0.03, 4: 0.05}, 24))

    assert trade.exit.at == at(6)


def test_no_position_is_opened_whose_horizon_ends_after_the_day() -> None:
    trades = trades_of(candles_of(FLAT), forecasts_of({19: 0.03, 20: 0.03, 21: 0.03}, 24))

    assert [trade.exit.at for trade in trades] == [at(23)]  # decided at 20:00; one hour later would end at midnight


def test_a_position_still_open_when_the_candles_end_is_closed_at_the_last_close() -> None:
    candles = candles_of([100.0] * 5, last_close=104.0)  # the exchange went down at 05:00

    (trade,) = trades_of(candles, forecasts_of({2: 0.03}, 5))

    assert (trade.exit_reason, trade.exit.at, trade.exit.quoted) == (ExitReason.DAY_END, at(5), 104.0)


def test_an_entry_does_not_wait_for_a_candle_that_comes_late() -> None:
    trades = trades_of(candles_of(FLAT, skip=(3,)), forecasts_of({2: 0.03}, 23))

    assert trades == ()


def test_forecasts_of_another_length_than_the_day_are_refused() -> None:
    with pytest.raises(ValueError, match="one forecast per candle"):
        trades_of(candles_of(FLAT), forecasts_of({}, 23))


@st.composite
def days(draw: st.DrawFn) -> tuple[Candles, Forecasts]:
    """A day of hourly candles, some missing, with wild prices and forecasts."""
    seed = draw(st.integers(0, 2**32 - 1))
    gaps = draw(st.sets(st.integers(0, 23), max_size=5))
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, 24)))
    opens = np.concatenate(([100.0], close[:-1])) * np.exp(rng.normal(0, 0.003, 24))
    high, low = np.maximum(opens, close) * 1.005, np.minimum(opens, close) * 0.995
    keep = [k for k in range(24) if k not in gaps]
    start = candles_of([100.0] * 24).open_time_ms
    ohlcv = np.stack([opens, high, low, close, np.ones(24)], axis=1)
    candles = Candles(timeframe=HOURLY, open_time_ms=start[keep], ohlcv=ohlcv[keep])
    middle, width = rng.normal(0, 0.01, len(keep)), rng.uniform(0.001, 0.03, len(keep))
    returns = np.stack([middle - width, middle, middle + width], axis=1)
    returns[rng.random(len(keep)) < 0.1] = np.nan
    return candles, Forecasts(levels=LEVELS, returns=returns, horizon=draw(st.integers(1, 6)))


WILD = PolicyRules(edge_margin=0.0, risk_fraction=0.01, max_position=1.0, stop_interval_multiple=1.5)


@settings(max_examples=60, deadline=None)
@given(day=days())
def test_profit_equals_fills_minus_fees_slippage_and_funding(day: tuple[Candles, Forecasts]) -> None:
    trades = simulate_day(*day, rules=WILD, costs=DEAR, equity_usd=10_000.0)

    for trade in trades:
        cash = trade.entry.cash_usd + trade.exit.cash_usd  # what the two fills moved
        assert trade.pnl_usd == pytest.approx(cash - trade.fees_usd - trade.funding_usd)
        assert trade.pnl_usd == pytest.approx(
            trade.gross_pnl_usd - trade.slippage_usd - trade.fees_usd - trade.funding_usd
        )
        assert min(trade.fees_usd, trade.slippage_usd) > 0


@settings(max_examples=60, deadline=None)
@given(day=days())
def test_one_position_at_a_time_inside_the_day(day: tuple[Candles, Forecasts]) -> None:
    candles, forecasts = day

    trades = simulate_day(candles, forecasts, rules=WILD, costs=DEAR, equity_usd=10_000.0)

    assert all(earlier.exit.at <= later.entry.at for earlier, later in pairwise(trades))
    assert all(trade.entry.at.date() == candles.days[0] for trade in trades)
    assert sum(trade.num_candles_held for trade in trades) <= len(candles)


@settings(max_examples=80, deadline=None)
@given(day=days(), cut=st.integers(1, 18), seed=st.integers(0, 1000))
def test_altering_the_candles_after_t_alters_nothing_decided_or_filled_by_t(
    day: tuple[Candles, Forecasts], cut: int, seed: int
) -> None:
    candles, forecasts = day
    rng = np.random.default_rng(seed)
    ohlcv, returns = candles.ohlcv.copy(), forecasts.returns.copy()
    ohlcv[cut:] *= rng.uniform(0.5, 2.0, (len(candles) - cut, 1))
    returns[cut:] *= -3.0 if np.isfinite(returns[cut:]).all() else 1.0
    returns[cut:] = np.sort(returns[cut:], axis=1)
    other_future = (
        Candles(timeframe=HOURLY, open_time_ms=candles.open_time_ms, ohlcv=ohlcv),
        Forecasts(levels=LEVELS, returns=returns, horizon=forecasts.horizon),
    )
    close_ms = int(candles.open_time_ms[cut - 1]) + HOURLY.ms

    def visible(trades: tuple[Trade, ...]) -> list[object]:
        entries = [
            (trade.decided_at, trade.side, trade.forecast)
            for trade in trades
            if trade.entry.at.timestamp() * 1000 < close_ms
        ]
        exits = [trade for trade in trades if trade.exit.at.timestamp() * 1000 < close_ms]
        return [*entries, *exits]

    before = simulate_day(candles, forecasts, rules=WILD, costs=DEAR, equity_usd=10_000.0)
    after = simulate_day(*other_future, rules=WILD, costs=DEAR, equity_usd=10_000.0)

    assert visible(before) == visible(after)
