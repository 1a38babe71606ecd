"""The rules of eligibility read plainly, sharing nothing with the code under test, and a strategy of histories."""

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from coin_models.market.eligibility import ENDED_AFTER_DAYS, Rule
from coin_models.market.history import (
    ENDED,
    OPEN,
    History,
    unknown_days,
)
from coin_models.market.timeframe import DAY_MS
from coin_models.settings.market import MarketSettings
from coin_models_tests.market.builders import DAY, HOUR

FIRST = DAY - timedelta(days=9)


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Facts of up to 14 days around every threshold, days never asked for, open and ended ones included."""
    size = draw(st.integers(1, 14))
    rows = unknown_days(size)
    for row in rows:
        state = draw(st.sampled_from(["stored", "stored", "stored", "stored", "open", "ended", "unknown"]))
        row["flags"] = {"open": OPEN, "ended": ENDED}.get(state, 0)
        if state == "stored":
            num_candles = draw(st.sampled_from([0, 21, 22, 24, 24]))
            row["num_candles"] = num_candles
            row["num_traded"] = draw(st.integers(num_candles // 2, num_candles))
            row["turnover"] = draw(st.sampled_from([0.0, 9e5, 1e6, 5e6])) if num_candles else 0.0
            row["volatility"] = draw(st.sampled_from([0.001, 0.006, 0.03])) if num_candles else 0.0
            row["first_open_ms"] = draw(st.integers(0, 24 - num_candles)) * HOUR.ms if num_candles else -1
    return History(timeframe=HOUR, first_day=FIRST, rows=rows)


def plain_rule(history: History, day: date, market: MarketSettings, lookback: int, window: int) -> Rule:
    """The table of the module's docstring, row by row, with nothing shared with the code under test."""
    by_day = {history.day(k): row for k, row in enumerate(history.rows)}
    back = [day - timedelta(days=k) for k in range(lookback)][::-1]
    in_window = [by_day.get(day - timedelta(days=k)) for k in range(window)]
    row = by_day.get(day)
    if row is None or (row["num_candles"] < 0 and not row["flags"]):
        return Rule.NOT_STORED
    listed_before = any(other_day <= day and other["num_candles"] > 0 for other_day, other in by_day.items())
    if row["num_candles"] < 0:
        if row["flags"] == ENDED:
            return Rule.ENDED
        if not listed_before:
            asked = all(other is not None and (other["num_candles"] >= 0 or other["flags"]) for other in in_window)
            return Rule.NOT_LISTED if asked else Rule.NOT_STORED
        last_days = [by_day.get(day - timedelta(days=k)) for k in range(ENDED_AFTER_DAYS)]
        silent = not any(other is not None and other["num_candles"] > 0 for other in last_days)
        return Rule.ENDED if silent else Rule.NOT_DELIVERED
    if any(other is None or other["num_candles"] < 0 for other in in_window):
        return Rule.NOT_STORED
    return _plain_rule_of_stored(row, [by_day[other_day] for other_day in back if other_day in by_day], market)


def _plain_rule_of_stored(row: Any, rows: list[Any], market: MarketSettings) -> Rule:
    while rows and rows[0]["num_candles"] <= 0:
        rows = rows[1:]
    if not rows:
        return Rule.NOT_LISTED
    if row["num_candles"] < market.min_day_coverage * 24:
        return Rule.THIN_DAY
    if sum(other["num_candles"] >= market.min_day_coverage * 24 for other in rows) < market.min_history_days:
        return Rule.SHORT_HISTORY
    possible = (len(rows) * DAY_MS - int(rows[0]["first_open_ms"])) // HOUR.ms
    if 1 - sum(int(other["num_traded"]) for other in rows) / possible > market.max_zero_volume_share:
        return Rule.ILLIQUID
    turnovers = sorted(float(other["turnover"]) for other in rows)
    if turnovers[len(turnovers) // 2] < market.min_daily_turnover:
        return Rule.THIN_TURNOVER
    moves = sorted(float(other["volatility"]) for other in rows if other["num_candles"] > 0)
    return Rule.STABLECOIN if moves[len(moves) // 2] < market.min_daily_volatility else Rule.ELIGIBLE
