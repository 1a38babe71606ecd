"""Which days are stale, and why: from facts alone."""

from dataclasses import replace
from datetime import date

from coin_models.pipeline.derived.digests import DerivedKind, provisional
from coin_models.pipeline.derived.facts import DerivedFacts
from coin_models.pipeline.derived.stale import find_stale
from coin_models_tests.pipeline.derived.made_up import all_made, asked, candle_names, days_from_first, nothing_made

COINS = ("BTC", "ETH")
DAYS = days_from_first(5)
TRADES, PATTERNS, REPORT = DerivedKind


def stale(facts: DerivedFacts, days: list[date] = DAYS) -> list[tuple[DerivedKind, str, int]]:
    """Kind, coin and number of the day."""
    return [(one.kind, one.coin, DAYS.index(one.day)) for one in find_stale(facts, asked(COINS, days))]


def with_corrected_candles(coin: str, day: date) -> DerivedFacts:
    """Everything was made, then the candles of one day of one coin were corrected."""

    def candles(of: str, last: date, num_days: int) -> str:
        is_corrected = of == coin and 0 <= (last - day).days < num_days
        return candle_names(of, last, num_days) + (" corrected" if is_corrected else "")

    return replace(all_made(COINS, DAYS), candles=candles)


def test_what_was_made_from_what_is_there_now_is_current() -> None:
    assert stale(all_made(COINS, DAYS)) == []


def test_in_a_new_home_everything_that_is_asked_for_is_to_be_made() -> None:
    stale_days = find_stale(nothing_made(), asked(COINS, DAYS[:1]))

    assert [(one.kind, one.coin) for one in stale_days] == [
        (TRADES, "BTC"),
        (TRADES, "ETH"),
        (PATTERNS, ""),
        (REPORT, ""),
    ]
    assert {one.reason for one in stale_days} == {"not made yet"}


def test_corrected_candles_make_the_days_that_read_them_stale_and_the_coins_later_ones() -> None:
    stale_days = find_stale(with_corrected_candles("BTC", DAYS[1]), asked(COINS, DAYS))

    # A trading step reads 3 days of candles: 1, 2 and 3. Day 4 follows from day 3.
    assert {one.day: one.reason for one in stale_days if one.kind is TRADES} == {
        DAYS[1]: "its inputs have changed",
        DAYS[2]: "its inputs have changed",
        DAYS[3]: "its inputs have changed",
        DAYS[4]: f"{DAYS[1]} is to be made again",
    }
    assert {one.coin for one in stale_days if one.kind is TRADES} == {"BTC"}


def test_patterns_and_reports_are_stale_with_the_trades_that_they_look_back_on() -> None:
    stale_days = stale(with_corrected_candles("BTC", DAYS[3]))

    assert [number for kind, _, number in stale_days if kind is PATTERNS] == [3, 4]
    assert [number for kind, _, number in stale_days if kind is REPORT] == [3, 4]


def test_a_day_that_is_asked_for_alone_is_judged_by_its_past_as_it_is_stored() -> None:
    stale_days = stale(with_corrected_candles("BTC", DAYS[1]), [DAYS[4]])

    # Day 1 would be made again, and with it days 2 to 4: but nothing of it was requested.
    assert stale_days == []


def test_what_was_made_while_something_could_not_be_read_is_made_again() -> None:
    facts = all_made(COINS, DAYS)
    last = facts.trades["BTC"][DAYS[-1]]
    made = {**facts.trades, "BTC": {**facts.trades["BTC"], DAYS[-1]: provisional(last, ["a version"])}}

    stale_days = find_stale(replace(facts, trades=made), asked(COINS, DAYS))

    assert (stale_days[0].kind, stale_days[0].coin, stale_days[0].reason) == (
        TRADES, "BTC", "made while a model or candles could not be read",
    )  # fmt: skip


def test_trades_come_first_then_patterns_then_reports_each_oldest_first() -> None:
    stale_days = stale(nothing_made(), DAYS[:2])

    assert stale_days == [
        (TRADES, "BTC", 0), (TRADES, "ETH", 0), (TRADES, "BTC", 1), (TRADES, "ETH", 1),
        (PATTERNS, "", 0), (PATTERNS, "", 1), (REPORT, "", 0), (REPORT, "", 1),
    ]  # fmt: skip


def test_asked_for_nothing_nothing_is_stale() -> None:
    assert find_stale(nothing_made(), {"BTC": []}) == []
