"""What the digest of a coin's trades, of a day's patterns and of a report depends on, and what it does not."""

from datetime import date, timedelta

import pytest

from coin_models.pipeline.derived.facts import SKILL_DAYS, VERSION_DAYS, DerivedFacts, previous_of
from coin_models_tests.pipeline.derived.made_up import FIRST, all_made, days_from_first, nothing_made

DAY = date(2026, 3, 10)
BEFORE = (DAY - timedelta(days=2), "what was traded two days before")


def trades(facts: DerivedFacts) -> str:
    return facts.trades_digest("BTC", DAY, BEFORE)


@pytest.mark.parametrize(
    ("days_back", "counts"), [(0, True), (1, True), (2, False), (-1, False)], ids=["today", "since", "before", "later"]
)
def test_versions_since_the_last_trading_step_up_to_the_day_count(days_back: int, *, counts: bool) -> None:
    version = {"BTC": [(DAY - timedelta(days=days_back), "a version")]}

    assert (trades(nothing_made(versions=version)) != trades(nothing_made())) == counts


def test_on_a_coins_first_trading_day_versions_of_the_last_sixty_days_count() -> None:
    def first_trades(version_day: date) -> str:
        return nothing_made(versions={"BTC": [(version_day, "a version")]}).trades_digest("BTC", DAY, None)

    without = nothing_made().trades_digest("BTC", DAY, None)

    # 60 days that end with 10 March begin on 10 January.
    assert VERSION_DAYS == 60
    assert first_trades(date(2026, 1, 10)) != without
    assert first_trades(date(2026, 1, 9)) == without


@pytest.mark.parametrize(
    ("days_back", "counts"), [(0, False), (1, True), (2, True), (3, False)], ids=["today", "1", "2", "3"]
)
def test_a_manual_decision_counts_from_the_day_after_it_on(days_back: int, *, counts: bool) -> None:
    decision = {"BTC": [(DAY - timedelta(days=days_back), "promoted")]}

    assert (trades(nothing_made(manual=decision)) != trades(nothing_made())) == counts


def test_another_coins_versions_and_decisions_do_not_count() -> None:
    others = nothing_made(versions={"ETH": [(DAY, "a version")]}, manual={"ETH": [BEFORE]})

    assert trades(others) == trades(nothing_made())


def test_patterns_are_made_from_the_candles_of_the_coins_that_traded_on_the_day() -> None:
    days = days_from_first(2)
    facts = all_made(["BTC", "ETH"], days)
    alone = all_made(["BTC"], days)

    assert facts.coins_of(days[1]) == ["BTC", "ETH"]
    assert facts.patterns_digest(FIRST, None, {}) != alone.patterns_digest(FIRST, None, {})


@pytest.mark.parametrize(("days_back", "counts"), [(0, True), (1, True), (2, False)])
def test_patterns_and_report_look_back_on_the_trades_of_their_days(days_back: int, *, counts: bool) -> None:
    # Both windows are 2 days: the day and the one before it.
    traded = {DAY - timedelta(days=days_back): "other trades"}

    assert (
        nothing_made().patterns_digest(DAY, None, traded) != nothing_made().patterns_digest(DAY, None, {})
    ) == counts
    assert (nothing_made().report_digest(DAY, traded) != nothing_made().report_digest(DAY, {})) == counts


def test_a_report_shows_failed_coins_and_their_state() -> None:
    failed, quarantined = (nothing_made(states={("BTC", DAY): state}) for state in ("failed 1", "failed 3"))

    assert len({each.report_digest(DAY, {}) for each in (nothing_made(), failed, quarantined)}) == 3


def test_a_report_shows_the_skill_of_two_weeks_of_versions() -> None:
    def report(version_day: date) -> str:
        with_versions = nothing_made(states={("BTC", DAY): "done"}, versions={"BTC": [(version_day, "a version")]})
        return with_versions.report_digest(DAY, {})

    without = nothing_made(states={("BTC", DAY): "done"}).report_digest(DAY, {})

    # 14 days that end with 10 March begin on 25 February.
    assert SKILL_DAYS == 14
    assert report(date(2026, 2, 25)) != without
    assert report(date(2026, 2, 24)) == without


def test_the_day_before_is_the_newest_stored_one_whatever_lies_between() -> None:
    stored = {date(2026, 3, 1): "a", date(2026, 3, 4): "b", date(2026, 3, 10): "c"}

    assert previous_of(stored, date(2026, 3, 10)) == (date(2026, 3, 4), "b")
    assert previous_of(stored, date(2026, 3, 1)) is None
