"""The rules of eligibility over a coin's facts, alone and against a plain reading of the same table."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coin_models.market.candles import Candles, empty_candles
from coin_models.market.eligibility import ENDED_AFTER_DAYS, Eligibility, Rule, assess, explain
from coin_models.market.history import (
    ENDED,
    OPEN,
    History,
    day_volatility,
    empty_history,
    unknown_days,
)
from coin_models.market.timeframe import day_of_ms
from coin_models.settings.market import MarketSettings
from coin_models_tests.market.builders import DAY, HOUR, history_of_candles, walk, without
from coin_models_tests.market.plain_eligibility import FIRST, histories, plain_rule

MARKET = MarketSettings(
    min_day_coverage=0.9,
    min_history_days=5,
    max_zero_volume_share=0.2,
    min_daily_turnover=1e6,
    min_daily_volatility=0.006,
)
GOOD = walk(10, first=FIRST)  # hourly, ends with DAY, turns over about 1e5 coins x 100 a day


def _assess(candles: Candles, day: date = DAY) -> Eligibility:
    return explain(history_of_candles(candles, FIRST, DAY), day, MARKET, lookback_days=10, window_days=1)


def _scaled_volume(factor: float, rows: slice = slice(None)) -> Candles:
    ohlcv = np.array(GOOD.ohlcv)
    ohlcv[rows, 4] *= factor
    return Candles(timeframe=GOOD.timeframe, open_time_ms=GOOD.open_time_ms, ohlcv=ohlcv)


def test_a_liquid_coin_with_a_whole_history_is_trained() -> None:
    assert _assess(GOOD) == Eligibility(rule=Rule.ELIGIBLE)


def test_a_coin_without_candles_is_not_listed() -> None:
    assert (
        _assess(empty_candles(GOOD.timeframe)).reason == "not listed: no candle in the 10 days that end with 2024-08-15"
    )


def test_candles_after_the_day_do_not_make_a_coin_listed() -> None:
    listed_late = walk(2, first=DAY - timedelta(days=1))

    assert (
        _assess(listed_late, DAY - timedelta(days=2)).reason
        == "not listed: no candle in the 10 days that end with 2024-08-13"
    )


def test_a_day_with_too_few_candles_is_not_trained_on() -> None:
    eligibility = _assess(without(GOOD, slice(-3, None)))  # 21 of 24 is 0.875

    assert eligibility.reason == "thin day: 21 of 24 candles on 2024-08-15, 90% are needed"


def test_a_day_with_just_enough_candles_is_trained_on() -> None:
    assert _assess(without(GOOD, slice(-2, None))).eligible  # 22 of 24 is 0.917


def test_a_coin_listed_within_the_lookback_is_trained_once_it_has_the_days() -> None:
    four_days, five_days = walk(4, first=DAY - timedelta(days=3)), walk(5, first=DAY - timedelta(days=4))

    assert (
        _assess(four_days).reason
        == "short history: 4 days with enough candles, 5 are needed; until then the pool forecasts it"
    )
    assert _assess(five_days).eligible


def test_days_with_holes_do_not_count_as_history() -> None:
    holes = [day * 24 + hour for day in range(6) for hour in (1, 2, 3)]  # six of ten days at 21 of 24

    assert (
        _assess(without(GOOD, holes)).reason
        == "short history: 4 days with enough candles, 5 are needed; until then the pool forecasts it"
    )


def test_history_before_the_lookback_does_not_count() -> None:
    candles = without(walk(30, first=DAY - timedelta(days=29)), slice(20 * 24, 29 * 24))

    assert _assess(candles).reason == "short history: 1 days with enough candles, 5 are needed"


def test_a_stablecoin_is_told_by_its_volatility() -> None:
    reason = _assess(walk(10, first=FIRST, volatility=0.001)).reason

    assert reason is not None
    assert reason.startswith("stablecoin: median daily volatility 0.")


def test_one_wick_does_not_turn_a_stablecoin_into_a_coin() -> None:
    pegged = walk(10, first=FIRST, volatility=0.001)
    ohlcv = np.array(pegged.ohlcv)
    ohlcv[100] = [100, 150, 100, 150, 10]
    wicked_day = day_of_ms(int(pegged.open_time_ms[100]))
    wicked = Candles(timeframe=pegged.timeframe, open_time_ms=pegged.open_time_ms, ohlcv=ohlcv)

    assert day_volatility(wicked.slice_days(wicked_day, wicked_day)) < 0.006
    assert not _assess(wicked).eligible


def test_a_coin_that_hardly_trades_is_illiquid() -> None:
    reason = _assess(_scaled_volume(0.0, slice(0, 72))).reason  # 72 of 240 hours is 30 %

    assert reason == "illiquid: no trade in 30% of the candles, at most 20% are allowed"


def test_a_coin_with_little_turnover_is_illiquid() -> None:
    reason = _assess(_scaled_volume(0.01)).reason  # about 1e7 a day becomes 1e5

    assert reason is not None
    assert reason.startswith("illiquid: median daily turnover")


@pytest.mark.parametrize(("quote_usd", "is_trained"), [(80_000.0, True), (0.00072, False)])
def test_turnover_is_judged_in_dollars_whatever_the_quote(quote_usd: float, is_trained: bool) -> None:
    in_quote = MARKET.model_copy(update={"quote_usd": quote_usd})  # about 1e7 of the quote a day

    eligibility = explain(history_of_candles(GOOD, FIRST, DAY), DAY, in_quote, lookback_days=10, window_days=1)

    assert eligibility.eligible is is_trained
    assert eligibility.reason is None or eligibility.reason.endswith("below 1,000,000 USD")


def test_the_last_day_of_a_coin_that_is_no_longer_traded_is_not_trained_and_the_one_before_is() -> None:
    rows = np.array(history_of_candles(GOOD, FIRST, DAY).rows)
    rows["flags"][-1] = ENDED
    history = History(timeframe=HOUR, first_day=FIRST, rows=rows)

    assert _rule(history, DAY) is Rule.ENDED
    assert explain(history, DAY - timedelta(days=1), MARKET, lookback_days=9).eligible


def _with_rows(num_missing: int, flags: int) -> History:
    """Ten good days, then days that were requested and not delivered, with these flags."""
    missing = unknown_days(num_missing)
    missing["flags"] = flags
    good = history_of_candles(GOOD, FIRST, DAY)
    return History(timeframe=HOUR, first_day=FIRST, rows=np.concatenate([good.rows, missing]))


def _rule(history: History, day: date) -> Rule:
    return explain(history, day, MARKET, lookback_days=10).rule


def test_a_day_never_asked_for_is_no_skip() -> None:
    history = history_of_candles(GOOD, FIRST, DAY)

    verdict = explain(history, DAY + timedelta(days=1), MARKET, lookback_days=10)

    assert verdict.reason == "candles of the days up to 2024-08-16 are not stored yet"
    assert not verdict.rule.is_skip


def test_of_a_coin_without_facts_everything_must_be_asked_first() -> None:
    assert _rule(empty_history(HOUR, FIRST), DAY) is Rule.NOT_STORED


def test_a_window_that_begins_before_what_is_stored_must_be_asked_first() -> None:
    history = history_of_candles(GOOD, FIRST, DAY)

    assert explain(history, DAY, MARKET, lookback_days=10).eligible
    assert explain(history, DAY, MARKET, lookback_days=10, window_days=11).rule is Rule.NOT_STORED


def test_a_day_whose_end_the_source_has_not_shown_is_no_skip() -> None:
    verdict = explain(_with_rows(1, OPEN), DAY + timedelta(days=1), MARKET, lookback_days=10)

    assert verdict.reason == "the source has not shown the end of 2024-08-16 yet; it is requested again"
    assert not verdict.rule.is_skip


def test_a_coin_without_a_candle_for_some_days_and_none_later_has_ended() -> None:
    history = _with_rows(ENDED_AFTER_DAYS, OPEN)
    last = DAY + timedelta(days=ENDED_AFTER_DAYS)

    assert _rule(history, last - timedelta(days=1)) is Rule.NOT_DELIVERED
    assert (
        explain(history, last, MARKET, lookback_days=10).reason
        == "ended: the last candles are of 2024-08-15, and the source shows none since"
    )


def test_a_coin_that_the_source_calls_delisted_has_ended_at_once() -> None:
    verdict = explain(_with_rows(1, ENDED), DAY + timedelta(days=1), MARKET, lookback_days=10)

    assert verdict.reason == "ended: the last candles are of 2024-08-15, and the source no longer trades it"


def test_the_days_before_a_delisting_are_trained_all_the_same() -> None:
    assert _rule(_with_rows(2, ENDED), DAY) is Rule.ELIGIBLE


def test_a_coin_of_which_the_source_shows_nothing_at_all_is_not_listed() -> None:
    rows = unknown_days(10)
    rows["flags"] = OPEN

    assert _rule(History(timeframe=HOUR, first_day=FIRST, rows=rows), DAY) is Rule.NOT_LISTED


def test_a_verdict_without_its_reason_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="exactly when"):
        Eligibility(rule=Rule.THIN_DAY)


def test_lowering_the_threshold_changes_the_verdict_of_the_same_facts() -> None:
    history = history_of_candles(_scaled_volume(0.01), FIRST, DAY)

    lower = MARKET.model_copy(update={"min_daily_turnover": 10.0})

    assert _rule(history, DAY) is Rule.THIN_TURNOVER
    assert explain(history, DAY, lower, lookback_days=10).eligible


@given(history=histories(), lookback=st.integers(1, 8), more=st.integers(0, 2), min_days=st.integers(1, 4))
def test_the_codes_of_all_days_are_those_of_a_plain_reading(
    history: History, lookback: int, more: int, min_days: int
) -> None:
    market = MARKET.model_copy(update={"min_history_days": min_days})
    days = [FIRST + timedelta(days=k) for k in range(-2, len(history) + 3)]

    codes = assess(history, np.array([day.toordinal() for day in days]), market, lookback, window_days=lookback + more)

    assert [Rule(code) for code in codes] == [
        plain_rule(history, day, market, lookback, lookback + more) for day in days
    ]


@given(history=histories(), lookback=st.integers(1, 8))
def test_every_rule_but_eligible_has_a_sentence(history: History, lookback: int) -> None:
    verdicts = [explain(history, FIRST + timedelta(days=k), MARKET, lookback) for k in range(len(history) + 1)]

    assert all(verdict.eligible or verdict.reason for verdict in verdicts)
