"""Kills are drawn from a seed, and a long drill aims at every phase."""

import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coin_models.drill.drill import DrillPlan
from coin_models.drill.kill_plan import Mode, plan_kills
from coin_models.drill.phases import PHASES
from coin_models.errors import UsageError


@given(st.integers(1, 150), st.sampled_from(list(Mode)), st.integers())
def test_there_are_as_many_kills_as_asked_for_and_the_same_for_the_same_seed(
    num_kills: int, mode: Mode, seed: int
) -> None:
    kills = list(plan_kills(num_kills, mode, seed))

    assert len(kills) == num_kills
    assert kills == list(plan_kills(num_kills, mode, seed))
    assert all(0.0 <= kill.share < 1.0 for kill in kills)


def test_a_long_drill_aims_at_every_phase_once() -> None:
    aims = [kill.phase for kill in plan_kills(100, Mode.MIXED, 7) if kill.phase is not None]

    assert sorted(aims) == sorted(PHASES)


@pytest.mark.parametrize(("mode", "number"), [(Mode.SIGKILL, signal.SIGKILL), (Mode.SIGTERM, signal.SIGTERM)])
def test_a_mode_of_one_signal_sends_no_other(mode: Mode, number: signal.Signals) -> None:
    assert {kill.number for kill in plan_kills(30, mode, 7)} == {number}


def test_only_sigterm_is_ever_sent_twice() -> None:
    twice = {kill.number for kill in plan_kills(100, Mode.MIXED, 7) if kill.twice}

    assert twice == {signal.SIGTERM}


@pytest.mark.parametrize(("num_kills", "num_coins"), [(0, 6), (10, 0), (10, 21)])
def test_a_plan_that_cannot_be_is_refused(num_kills: int, num_coins: int) -> None:
    with pytest.raises(UsageError):
        DrillPlan(num_kills=num_kills, num_coins=num_coins)


def test_a_cohort_of_no_coin_is_refused() -> None:
    with pytest.raises(UsageError, match="--cohort 0"):
        DrillPlan(cohort_size=0)


def test_a_drill_without_a_worker_or_a_day_is_refused() -> None:
    with pytest.raises(UsageError, match="--workers 0"):
        DrillPlan(num_workers=0)
    with pytest.raises(UsageError, match="--days 0"):
        DrillPlan(num_days=0)
