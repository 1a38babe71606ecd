"""Requests: the same one is one row, their union is wanted, and a cancelled run withdraws its own."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coin_models.errors import UsageError
from coin_models.operations.requests import Request, RequestLog, wanted
from coin_models_tests.operations.repositories import DAY, Books

UNIVERSE = ("BTC", "ETH", "SOL")
NEXT, LATER = DAY + timedelta(days=1), DAY + timedelta(days=9)


@pytest.fixture
def log(books: Books) -> RequestLog:
    return RequestLog(books.database, books.clock)


def request(
    number: int, first: date, last: date | None, coins: tuple[str, ...] | None = None, asked_by: str = "a person"
) -> Request:
    at = datetime(2026, 3, 11, tzinfo=UTC)
    return Request(request_id=number, first_day=first, last_day=last, coins=coins, asked_by=asked_by, asked_at=at)


def test_the_same_request_by_the_same_asker_is_one_row(log: RequestLog) -> None:
    first = log.ask(DAY, NEXT, ["ETH", "BTC"], "coin-models retrain")

    again = log.ask(DAY, NEXT, ["BTC", "ETH", "BTC"], "coin-models retrain")

    assert again == first
    assert first.coins == ("BTC", "ETH")
    assert log.within(DAY, DAY) == [first]


def test_another_asker_range_coin_or_run_is_another_request(log: RequestLog) -> None:
    log.ask(DAY, None, None, "nightly")
    log.ask(DAY, None, None, "the UI")
    log.ask(DAY, NEXT, None, "nightly")
    log.ask(DAY, None, ["BTC"], "nightly")
    log.ask(DAY, None, None, "nightly", "run-1")

    assert [each.request_id for each in log.within(DAY, DAY)] == sorted(
        each.request_id for each in log.within(DAY, DAY)
    )
    assert len(log.within(DAY, DAY)) == 5


def test_a_request_that_was_ended_asks_for_nothing_and_is_told_as_it_was(log: RequestLog) -> None:
    kept = log.ask(DAY, DAY, ["ETH"], "the UI")
    ended = log.ask(DAY, NEXT, ["BTC"], "coin-models retrain")

    closed = log.end(ended.request_id)

    assert closed == ended
    assert str(closed) == "BTC on 2026-03-10 to 2026-03-11, requested by coin-models retrain"
    assert log.all() == [kept]


def test_ending_a_request_that_is_not_there_is_refused(log: RequestLog) -> None:
    with pytest.raises(UsageError, match="there is no request 7"):
        log.end(7)


def test_an_open_end_becomes_a_last_day_for_one_asker_alone(log: RequestLog) -> None:
    log.ask(DAY, None, None, "nightly")
    log.ask(LATER, None, None, "nightly")
    log.ask(DAY, None, None, "the UI")

    log.end_open_ended("nightly", NEXT)

    assert [(each.first_day, each.last_day, each.asked_by) for each in log.all()] == [
        (DAY, NEXT, "nightly"),
        (DAY, None, "the UI"),
    ]
    assert [each.asked_by for each in log.within(LATER, LATER)] == ["the UI"]


def test_a_run_that_is_launched_again_with_its_root_runs_id_asks_once(log: RequestLog) -> None:
    log.ask(DAY, DAY, ["BTC"], "the UI", "root")
    log.ask(DAY, DAY, ["BTC"], "the UI", "root")

    assert len(log.within(DAY, DAY)) == 1


def test_a_cancelled_run_withdraws_its_own_requests_alone(log: RequestLog) -> None:
    log.ask(DAY, DAY, ["BTC"], "the UI", "run-1")
    log.ask(DAY, NEXT, ["ETH"], "the UI", "run-1")
    kept = [log.ask(DAY, DAY, ["BTC"], "the UI", "run-2"), log.ask(DAY, None, None, "nightly")]

    assert log.withdraw("run-1") == 2
    assert log.within(DAY, NEXT) == kept
    assert log.withdraw("run-1") == 0


def test_only_requests_that_touch_the_days_are_found(log: RequestLog) -> None:
    log.ask(DAY, DAY, None, "before")
    reaching = [log.ask(DAY, NEXT, None, "up to the first day"), log.ask(LATER, LATER, None, "from the last day")]
    nightly = log.ask(DAY - timedelta(days=900), None, None, "nightly")
    log.ask(LATER + timedelta(days=1), None, None, "after")

    assert log.within(NEXT, LATER) == [*reaching, nightly]


def test_two_processes_that_ask_at_once_leave_one_row(log: RequestLog) -> None:
    with ThreadPoolExecutor(4) as threads:
        asked = list(threads.map(lambda _: log.ask(DAY, None, None, "nightly"), range(8)))

    assert len({each.request_id for each in asked}) == 1


@pytest.mark.parametrize(
    ("last", "coins", "asked_by", "message"),
    [
        (DAY - timedelta(days=1), None, "nightly", "swap them"),
        (DAY, [], "nightly", "names no coin"),
        (DAY, None, "", "1 to 64 characters"),
        (DAY, None, "x" * 65, "1 to 64 characters"),
    ],
)
def test_a_request_that_makes_no_sense_is_refused(
    last: date, coins: list[str] | None, asked_by: str, message: str, log: RequestLog
) -> None:
    with pytest.raises(UsageError, match=message):
        log.ask(DAY, last, coins, asked_by)

    assert log.within(date.min, date.max) == []


def test_two_coins_asked_for_on_old_days_ask_for_nothing_else() -> None:
    backfill = request(1, DAY, NEXT, ("SOL", "BTC"), "coin-models retrain")

    assert wanted([backfill], UNIVERSE, DAY - timedelta(days=5), LATER) == {
        day: {"BTC": "coin-models retrain", "SOL": "coin-models retrain"} for day in (DAY, NEXT)
    }


def test_the_earliest_request_is_named_and_coins_come_in_the_universes_order() -> None:
    asked = [request(1, NEXT, NEXT, ("SOL",), "the UI"), request(2, DAY, None, None, "nightly")]

    by_day = wanted(asked, UNIVERSE, DAY, NEXT)

    assert {day: list(coins.items()) for day, coins in by_day.items()} == {
        DAY: [("BTC", "nightly"), ("ETH", "nightly"), ("SOL", "nightly")],
        NEXT: [("BTC", "nightly"), ("ETH", "nightly"), ("SOL", "the UI")],
    }


def test_a_coin_that_left_the_universe_is_wanted_no_more() -> None:
    assert wanted([request(1, DAY, DAY, ("LUNA",))], UNIVERSE, DAY, LATER) == {}


def test_three_years_of_one_nightly_request_share_one_mapping() -> None:
    by_day = wanted([request(1, DAY, None)], [f"C{n}" for n in range(500)], DAY, DAY + timedelta(days=1094))

    assert len(by_day) == 1095
    assert len({id(coins) for coins in by_day.values()}) == 1


_DAYS = st.integers(0, 9).map(lambda offset: DAY + timedelta(days=offset))


@st.composite
def _requests(draw: st.DrawFn) -> list[Request]:
    requests = []
    for number in range(draw(st.integers(0, 6))):
        first, last = draw(_DAYS), draw(st.none() | _DAYS)
        coins = draw(st.none() | st.sets(st.sampled_from((*UNIVERSE, "LUNA")), min_size=1).map(tuple))
        requests.append(
            request(number, first, last if last is None or last >= first else first, coins, f"asker {number}")
        )
    return requests


@given(asked=_requests(), first=_DAYS, length=st.integers(0, 9))
def test_what_is_wanted_is_the_union_of_the_requests(asked: list[Request], first: date, length: int) -> None:
    last = first + timedelta(days=length)

    by_day = wanted(asked, UNIVERSE, first, last)

    expected: dict[date, dict[str, str]] = {}
    for day in (first + timedelta(days=offset) for offset in range(length + 1)):
        for coin in UNIVERSE:
            for one in asked:  # the plain rule, coin-day by coin-day
                open_still = one.last_day is None or day <= one.last_day
                if one.first_day <= day and open_still and (one.coins is None or coin in one.coins):
                    expected.setdefault(day, {}).setdefault(coin, one.asked_by)
    assert {day: list(coins.items()) for day, coins in by_day.items()} == {
        day: list(coins.items()) for day, coins in expected.items()
    }
    assert list(by_day) == sorted(by_day)


@given(asked=_requests(), order=st.randoms(use_true_random=False))
def test_the_order_in_which_requests_are_read_changes_nothing(asked: list[Request], order: Random) -> None:
    shuffled = list(asked)
    order.shuffle(shuffled)

    assert wanted(shuffled, UNIVERSE, DAY, LATER) == wanted(asked, UNIVERSE, DAY, LATER)
