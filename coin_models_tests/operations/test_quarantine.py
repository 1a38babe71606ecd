"""Ending quarantine: only the named coin-days are reset."""

from datetime import date, timedelta
from typing import Any

import pytest

from coin_models.errors import UsageError
from coin_models.operations.attempts import AttemptAction, Outcome
from coin_models.operations.quarantine import Selection, describe_reset, select_quarantined, unquarantine
from coin_models_tests.operations.repositories import DAY, Books

UNIVERSE = ("BTC", "ETH", "SOL")
BEFORE = DAY - timedelta(days=1)
FAILED = (Outcome.FAILED, AttemptAction.FAILED, "the loss is no longer finite")


@pytest.fixture
def failed(books: Books) -> Books:
    """BTC failed twice on the day and once on the day before, ETH once; SOL could not reach the store."""
    session = books.open_session()
    books.attempts.record(BEFORE, session, {"BTC": FAILED})
    books.attempts.record(DAY, session, {"BTC": FAILED, "ETH": FAILED})
    away = (Outcome.UNAVAILABLE, AttemptAction.UNAVAILABLE, "store unavailable: time-out")
    books.attempts.record(DAY, session, {"BTC": FAILED, "SOL": away})
    return books


@pytest.mark.parametrize(
    ("selection", "reset"),
    [
        (Selection(), {("BTC", BEFORE): 1, ("BTC", DAY): 2, ("ETH", DAY): 1}),
        (Selection(coins=("BTC",)), {("BTC", BEFORE): 1, ("BTC", DAY): 2}),
        (Selection(coins=("ETH", "SOL")), {("ETH", DAY): 1}),
        (Selection(first=DAY, last=DAY), {("BTC", DAY): 2, ("ETH", DAY): 1}),
        (Selection(coins=("BTC",), first=BEFORE, last=BEFORE), {("BTC", BEFORE): 1}),
        (Selection(coins=("SOL",)), {}),
    ],
    ids=str,
)
def test_the_failed_attempts_that_were_named_are_reset_and_counted(
    selection: Selection, reset: dict[tuple[str, date], int], failed: Books
) -> None:
    assert unquarantine(failed.database, selection) == reset
    assert unquarantine(failed.database, selection) == {}
    assert sum(attempt.released for attempt in failed.attempts.between(BEFORE, DAY)) == sum(reset.values())


@pytest.mark.parametrize(
    ("names", "options", "expected"),
    [
        (["sol", "BTC,eth"], {}, Selection(coins=("BTC", "ETH", "SOL"))),
        (["ETH"], {"day": "2026-03-10"}, Selection(coins=("ETH",), first=DAY, last=DAY)),
        ([], {"first": "2026-03-09", "last": "2026-03-10"}, Selection(first=BEFORE, last=DAY)),
        ([], {"everything": True}, Selection()),
    ],
)
def test_coins_and_days_are_read_as_they_are_typed(
    names: list[str], options: dict[str, Any], expected: Selection
) -> None:
    assert select_quarantined(names, UNIVERSE, **options) == expected


@pytest.mark.parametrize(
    ("names", "options", "message"),
    [
        ([], {}, "name coins, or days"),
        ([","], {}, "name coins, or days"),
        (["LUNA"], {}, "LUNA is not in the universe"),
        (["BTC"], {"everything": True}, "leave out --all"),
        (["BTC"], {"day": "yesterday"}, "invalid date 'yesterday'"),
        ([], {"first": "2026-03-09"}, "--from and --to are used together"),
        ([], {"first": "2026-03-10", "last": "2026-03-09"}, "is after --to 2026-03-09; swap them"),
        ([], {"day": "2026-03-09", "first": "2026-03-09", "last": "2026-03-09"}, "exclude each other"),
    ],
)
def test_what_cannot_be_meant_is_refused(names: list[str], options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        select_quarantined(names, UNIVERSE, **options)


def test_coins_that_were_named_in_vain_are_known() -> None:
    named = Selection(coins=("BTC", "ETH"), first=DAY, last=DAY)

    assert str(named.missed({("BTC", DAY): 3})) == "ETH on 2026-03-10"
    assert named.missed({("BTC", DAY): 3, ("ETH", DAY): 1}) is None
    assert str(Selection(first=BEFORE, last=DAY).missed({})) == "any coin from 2026-03-09 to 2026-03-10"
    assert Selection(first=DAY, last=DAY).missed({("BTC", DAY): 3}) is None


def test_people_hear_how_many_attempts_were_reset() -> None:
    sentence = describe_reset({("BTC", BEFORE): 1, ("ETH", DAY): 3})

    assert sentence.startswith("BTC, ETH: 4 failed attempt(s) on 2 day(s) reset; ")
    assert describe_reset({}) == "no coin has a failed attempt; nothing was reset"
