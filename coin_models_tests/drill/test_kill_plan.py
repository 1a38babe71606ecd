"""Kills are drawn from a seed, and a long drill aims at every phase."""

import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coin_models.drill.kill_plan import Mode, plan_kills
from coin_models.drill.phases import PHASES


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
