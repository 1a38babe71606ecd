"""The figures of the scorecard, calculated manually."""

import signal
from dataclasses import replace
from datetime import date

import pytest

from coin_models.drill.child_run import Life
from coin_models.drill.comparison import Comparison
from coin_models.drill.goodput import Account, TwoAccounts, seen_account
from coin_models.drill.phases import PHASES
from coin_models.drill.scorecard import Scorecard, score, wasted_steps
from coin_models_tests.drill.child_runs import life

ISSUE_KEYS = [
    "kills",
    "phases",
    "lost_models",
    "duplicate_publications",
    "identical",
    "parents_as_expected",
    "wasted_steps_per_kill",
    "wasted_fraction",
    "recovery_seconds_p50",
    "grace_seconds_max",
    "checkpoint_overhead",
]
BTC = ("BTC", date(2024, 8, 1))
ACCOUNTS = TwoAccounts(
    seen=Account(billed_seconds=60.0, useful_seconds=15.0),
    ledger=Account(billed_seconds=50.0, useful_seconds=15.0),
    num_sessions=2,
    num_unopened=1,
    unopened_seconds=3.0,
    leaving_seconds=1.0,
    parts_error_seconds=0.0,
)


def card(
    *lives: Life,
    lost: tuple[tuple[str, date], ...] = (),
    twice: tuple[tuple[str, date], ...] = (),
    parents: tuple[tuple[str, date], ...] = (),
) -> Scorecard:
    comparison = Comparison(
        num_models=6, lost=lost, published_twice=twice, trained_twice=(), different=(), other_parents=parents
    )
    return score(
        [life((1, 0, 100))],
        lives,
        comparison,
        checkpoint_overhead=0.002,
        workers=1,
        accounts=ACCOUNTS,
        days=1,
        seconds=60.0,
        unavoidable_seconds=6.4,
        durable_seconds_max=0.3,
    )


def test_wasted_are_the_steps_between_where_a_life_ended_and_where_the_next_went_on() -> None:
    lives = [
        life((1, 0, 50), killed_in="later epochs"),  # continued from 40: 10 wasted
        life((1, 40, 100), (2, 0, 30), killed_in="saving"),  # nothing of cohort 1, from 25 with cohort 2: 5 wasted
        life((2, 25, 100)),
    ]

    assert wasted_steps(lives) == 15


def test_another_worker_may_take_up_a_cohort_before_the_killed_one_is_seen_to_end() -> None:
    lives = [
        life((1, 40, 100), worker=1, began_at=20.0),  # continued from 40: 10 wasted
        life((1, 0, 50), killed_in="later epochs", worker=0, began_at=10.0),
    ]

    assert wasted_steps(lives) == 10
    assert seen_account(lives).useful_seconds == pytest.approx(5.0 + 5.0)


def test_the_figures_per_kill_follow_from_the_lives() -> None:
    scorecard = card(
        life((1, 0, 50), killed_in="later epochs", number=signal.SIGTERM),
        life((1, 40, 60), killed_in="start-up"),
        life((1, 60, 100)),
    )

    assert scorecard.kills == 2
    assert scorecard.wasted_steps_per_kill == 5.0  # 10 steps over 2 kills
    assert scorecard.wasted_seconds_per_kill == pytest.approx(
        0.5
    )  # at the 10 steps a second of the uninterrupted child run
    assert scorecard.wasted_fraction == pytest.approx(10 / 110)
    assert (scorecard.recovery_seconds_p50, scorecard.recovery_ratio) == (8.0, 1.25)  # 8 s over 6.4 s
    assert (scorecard.durable_seconds_max, scorecard.grace_seconds_max) == (0.3, 0.4)
    assert {phase: count for phase, count in scorecard.phases.items() if count} == {"start-up": 1, "later epochs": 1}
    assert scorecard.passed


def test_a_restart_is_timed_where_it_follows_a_kill_and_had_a_step_left_to_do() -> None:
    slow = replace(life((1, 0, 50), killed_in="later epochs"), first_step_seconds=20.0)  # the first: no restart
    quick = replace(life((1, 50, 60), killed_in="row"), first_step_seconds=5.0)
    nothing_left = replace(life(), first_step_seconds=None)
    next_day = replace(life((1, 0, 100)), first_step_seconds=30.0)

    assert card(slow, quick, nothing_left, next_day).recovery_seconds_p50 == 5.0
    assert card(nothing_left).recovery_ratio is None


def test_a_restart_follows_the_kill_of_its_own_worker() -> None:
    killed = life((1, 0, 50), killed_in="later epochs", worker=0)
    other = replace(life((2, 0, 50), worker=1), first_step_seconds=30.0)
    again = replace(life((1, 50, 60), worker=0), first_step_seconds=5.0)

    assert card(killed, other, again).recovery_seconds_p50 == 5.0


def test_every_phase_is_named_and_every_key_of_the_issue_is_there() -> None:
    content = card(life((1, 0, 100))).to_json()

    assert (content["goodput"], content["goodput_ledger"]) == (0.25, 0.3)
    assert tuple(content["phases"]) == PHASES
    assert set(ISSUE_KEYS) <= set(content)


@pytest.mark.parametrize("problem", [{"lost": (BTC,)}, {"twice": (BTC,)}, {"parents": (BTC,)}])
def test_one_model_lost_published_twice_or_from_another_parent_fails_the_drill_by_name(
    problem: dict[str, tuple[tuple[str, date]]],
) -> None:
    scorecard = card(life((1, 0, 100)), **problem)

    assert not scorecard.passed
    assert scorecard.problems[0].startswith("BTC 2024-08-01: ")
