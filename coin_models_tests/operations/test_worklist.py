"""What work is left: interruptions are free, errors wait and add up, a coin out of budget is quarantined."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coin_models.operations.attempts import Attempt, Outcome
from coin_models.operations.retry import RetryPolicy
from coin_models.operations.worklist import READY, Standing, State, ready, standings

D1, D2, D3 = (date(2026, 3, 10) + timedelta(days=n) for n in range(3))
NOW = datetime(2026, 3, 11, 2, tzinfo=UTC)
POLICY = RetryPolicy(max_attempts=3, backoff_seconds=60.0)


def attempt(outcome: Outcome, *, seconds_ago: float = 0.0, released: bool = False) -> Attempt:
    at = NOW - timedelta(seconds=seconds_ago)
    return Attempt(
        attempt_id=0, coin="BTC", day=D1, session_id="s", outcome=outcome, started_at=at, ended_at=at,
        reason=outcome.value, released=released,
    )  # fmt: skip


def standing(tried: Sequence[Attempt], *, done: bool = False) -> Standing:
    key = ("BTC", D1)
    return standings([key], done={key} if done else set(), attempts=tried, policy=POLICY, now=NOW)[key]


FAILED, INTERRUPTED, AWAY = Outcome.FAILED, Outcome.INTERRUPTED, Outcome.UNAVAILABLE


@pytest.mark.parametrize(
    ("tried", "state"),
    [
        ([], State.MISSING),
        ([attempt(Outcome.RUNNING)], State.RUNNING),
        ([attempt(Outcome.SKIPPED)], State.SKIPPED),
        ([attempt(INTERRUPTED)] * 50, State.INTERRUPTED),
        ([attempt(FAILED, seconds_ago=59)], State.WAITING),
        ([attempt(FAILED, seconds_ago=61)], State.FAILED),
        ([attempt(FAILED, seconds_ago=500), attempt(FAILED, seconds_ago=119)], State.WAITING),  # 60 x 2
        ([attempt(FAILED, seconds_ago=500), attempt(FAILED, seconds_ago=121)], State.FAILED),
        ([attempt(FAILED, seconds_ago=9000)] * 3, State.QUARANTINED),
        ([attempt(FAILED, seconds_ago=9000), *[attempt(INTERRUPTED)] * 9], State.FAILED),
        ([attempt(FAILED, released=True)] * 3, State.MISSING),
        ([attempt(AWAY, seconds_ago=29)], State.UNAVAILABLE),
        ([attempt(AWAY, seconds_ago=31)], State.MISSING),
        ([attempt(AWAY, seconds_ago=899)] * 50, State.UNAVAILABLE),  # the longest pause
        ([attempt(AWAY, seconds_ago=901)] * 50, State.MISSING),
        ([*[attempt(FAILED, seconds_ago=9000)] * 3, attempt(AWAY)], State.QUARANTINED),
    ],
)
def test_the_state_follows_from_what_was_tried(tried: list[Attempt], state: State) -> None:
    assert standing(tried).state is state


@given(st.lists(st.sampled_from(list(Outcome)), max_size=8))
def test_a_published_coin_day_is_done_whatever_was_tried(outcomes: list[Outcome]) -> None:
    assert standing([attempt(outcome) for outcome in outcomes], done=True).state is State.DONE


@given(st.lists(st.sampled_from([FAILED, INTERRUPTED]), max_size=8), st.integers(0, 8))
def test_an_interruption_more_never_changes_the_count_of_failures(outcomes: list[Outcome], where: int) -> None:
    tried = [attempt(outcome, seconds_ago=9000) for outcome in outcomes]

    with_one_more = [*tried[:where], attempt(INTERRUPTED, seconds_ago=9000), *tried[where:]]

    assert standing(with_one_more).failures == standing(tried).failures


def test_the_oldest_day_is_asked_for_first_and_coins_in_the_universes_order() -> None:
    found = {(coin, day): Standing(state=State.MISSING) for coin in ("ETH", "BTC") for day in (D2, D1)}

    assert list(ready(found, ["BTC", "ETH"]).items()) == [(D1, ["BTC", "ETH"]), (D2, ["BTC", "ETH"])]


@pytest.mark.parametrize("state", [State.RUNNING, State.WAITING, State.UNAVAILABLE])
def test_a_coin_waits_for_its_own_earlier_day_and_for_nobody_elses(state: State) -> None:
    found = {("BTC", D1): Standing(state=state), **{(c, D2): Standing(state=State.MISSING) for c in ("BTC", "ETH")}}

    assert ready(found, ["BTC", "ETH"]) == {D2: ["ETH"]}


@pytest.mark.parametrize("state", [State.DONE, State.SKIPPED, State.QUARANTINED])
def test_a_settled_earlier_day_holds_nothing_back(state: State) -> None:
    found = {("BTC", D1): Standing(state=state), ("BTC", D3): Standing(state=State.INTERRUPTED)}

    assert ready(found, ["BTC"]) == {D3: ["BTC"]}


@given(st.dictionaries(st.tuples(st.sampled_from("AB"), st.sampled_from([D1, D2, D3])), st.sampled_from(list(State))))
def test_only_ready_coin_days_are_ever_asked_for(states: dict[tuple[str, date], State]) -> None:
    found = {key: Standing(state=state) for key, state in states.items()}

    wanted = {(coin, day) for day, coins in ready(found, ["A", "B"]).items() for coin in coins}

    assert all(states[key] in READY for key in wanted)
