"""States are read from the plan's arrays, and say the same as the plan's coin-days one by one."""

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coin_models.operations.attempts import Attempt, Outcome
from coin_models.pipeline.coin_days import CoinDayStatuses, State
from coin_models.pipeline.plan.action import Action
from coin_models.pipeline.plan.facts import Facts
from coin_models.pipeline.plan.plan import make_plan
from coin_models_tests.pipeline.plan.strategies import DAY, facts, history, states

NOW = datetime(2026, 3, 11, tzinfo=UTC)
UNTRIED: Mapping[Action, tuple[State, ...]] = {
    Action.TRAIN: (State.MISSING, State.OUTDATED),
    Action.REUSE: (State.DONE,),
    Action.SKIP: (State.SKIPPED,),
    Action.STALE: (State.STALE,),
    Action.UNAVAILABLE: (State.MISSING, State.OUTDATED, State.UNAVAILABLE),
    Action.WAITING: (State.WAITING, State.RUNNING),
    Action.QUARANTINED: (State.QUARANTINED,),
}


def attempt(outcome: Outcome, *, released: bool = False) -> Attempt:
    return Attempt(
        attempt_id=1,
        coin="BTC",
        day=DAY,
        session_id="s",
        outcome=outcome,
        started_at=NOW,
        ended_at=NOW,
        reason="the loss is not finite",
        released=released,
    )


@given(states())
def test_each_state_follows_from_what_is_planned(state: Facts) -> None:
    plan = make_plan(state)

    statuses = CoinDayStatuses(plan)

    for item in plan:
        assert statuses[item.key].state in UNTRIED[item.action]
        assert (statuses[item.key].state is State.RUNNING) == item.is_running
        assert (statuses[item.key].state is State.UNAVAILABLE) == (
            item.action is Action.UNAVAILABLE and not item.is_due
        )
        if statuses[item.key].state in (State.MISSING, State.OUTDATED):
            published = dict(zip(plan.days, plan.published(item.coin), strict=True))
            assert (statuses[item.key].state is State.OUTDATED) == published[item.day]


@given(states(), st.sets(st.sampled_from(State)))
def test_what_is_counted_is_what_is_shown(state: Facts, chosen: set[State]) -> None:
    statuses = CoinDayStatuses(make_plan(state))

    assert len(statuses) == len(list(statuses)) == len(state.coins) * len(state.days)
    assert statuses.keys_in_state(*chosen) == [key for key, status in statuses.items() if status.state in chosen]
    for coin in state.coins:
        shown = Counter(statuses[coin, day].state for day in state.days)
        assert {name: number for name, number in statuses.count(coin).items() if number} == shown


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Outcome.FAILED, State.FAILED),
        (Outcome.INTERRUPTED, State.INTERRUPTED),
        (Outcome.UNAVAILABLE, State.UNAVAILABLE),
        (Outcome.DONE, State.MISSING),
    ],
)
def test_the_last_try_of_a_missing_coin_day_is_its_state(outcome: Outcome, state: State) -> None:
    statuses = CoinDayStatuses(make_plan(facts([DAY])), [attempt(Outcome.FAILED), attempt(outcome)])

    assert statuses["BTC", DAY].state is statuses.state("BTC", DAY) is state
    assert statuses["BTC", DAY].failures == 1 + (outcome is Outcome.FAILED)


def test_a_try_that_was_reset_is_no_state() -> None:
    statuses = CoinDayStatuses(make_plan(facts([DAY])), [attempt(Outcome.FAILED, released=True)])

    assert statuses["BTC", DAY].state is State.MISSING
    assert statuses["BTC", DAY].failures == 0


def test_a_version_that_is_made_again_is_not_missing() -> None:
    statuses = CoinDayStatuses(make_plan(facts([DAY], again_from=DAY, published={"BTC": [(DAY, "ab" * 32)]})))

    assert statuses["BTC", DAY].state is statuses.state("BTC", DAY) is State.OUTDATED
    assert statuses["BTC", DAY].reason == "the published version was made from other candles, settings or code"


def test_a_published_version_whose_candles_are_not_read_yet_is_not_missing() -> None:
    unread = {"BTC": history(unstored=[DAY])}
    statuses = CoinDayStatuses(
        make_plan(facts([DAY], histories=unread, again_from=DAY, published={"BTC": [(DAY, "ab" * 32)]}))
    )

    assert statuses["BTC", DAY].state is State.OUTDATED


def test_a_skip_has_its_reason() -> None:
    statuses = CoinDayStatuses(make_plan(facts([DAY], histories={"BTC": history(empty=[DAY])})))

    assert "thin day" in (statuses["BTC", DAY].reason or "")


def test_a_coin_day_that_was_not_asked_for_has_no_status() -> None:
    statuses = CoinDayStatuses(make_plan(facts([DAY])))

    assert ("ETH", DAY) not in statuses
    assert ("BTC", DAY.replace(day=1)) not in statuses


def test_what_a_waiting_run_will_try_is_queued_with_its_run() -> None:
    statuses = CoinDayStatuses(make_plan(facts([DAY])), [attempt(Outcome.FAILED)], {("BTC", DAY): "run 1 waits"})

    assert (statuses["BTC", DAY].state, statuses["BTC", DAY].reason) == (State.QUEUED, "run 1 waits")
    assert statuses.keys_in_state(State.QUEUED) == [("BTC", DAY)]


def test_what_is_done_stays_done_whatever_waits_and_what_was_not_asked_for_is_left_out() -> None:
    fingerprint = make_plan(facts([DAY]))["BTC", DAY].fingerprint or ""
    queued = {("BTC", DAY): "run 1 waits", ("ETH", DAY): "run 1 waits", ("BTC", NOW.date()): "run 1 waits"}
    statuses = CoinDayStatuses(make_plan(facts([DAY], published={"BTC": [(DAY, fingerprint)]})), queued=queued)

    assert {key: status.state for key, status in statuses.items()} == {("BTC", DAY): State.DONE}
