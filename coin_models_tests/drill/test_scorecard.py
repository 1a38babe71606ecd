"""The figures of the scorecard, calculated manually."""

import signal
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from coin_models.drill.child_run import Life, Segment
from coin_models.drill.comparison import Comparison
from coin_models.drill.goodput import Account, TwoAccounts, seen_account
from coin_models.drill.kill_plan import Kill
from coin_models.drill.phases import PHASES
from coin_models.drill.scorecard import Scorecard, score, wasted_steps

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


def life(
    *segments: tuple[int, int, int],
    killed_in: str | None = None,
    number: int = signal.SIGKILL,
    worker: int = 0,
    began_at: float = 0.0,
) -> Life:
    return Life(
        worker=worker,
        process_id=4711,
        seconds=20.0,
        ended_at=datetime(2024, 8, 2, 3, tzinfo=UTC),
        start_seconds=3.0,
        first_step_seconds=8.0,
        segments=tuple(
            Segment(cohort=cohort, first_step=first, last_step=last, began_at=began_at, seconds=(last - first) / 10.0)
            for cohort, first, last in segments
        ),
        killed_in=killed_in,
        kill=Kill(number=signal.Signals(number), phase=None, share=0.5) if killed_in else None,
        exit_seconds=0.4,
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
    found = card(
        life((1, 0, 50), killed_in="later epochs", number=signal.SIGTERM),
        life((1, 40, 60), killed_in="start-up"),
        life((1, 60, 100)),
    )

    assert found.kills == 2
    assert found.wasted_steps_per_kill == 5.0  # 10 steps over 2 kills
    assert found.wasted_seconds_per_kill == pytest.approx(
        0.5
    )  # at the 10 steps a second of the uninterrupted child run
    assert found.wasted_fraction == pytest.approx(10 / 110)
    assert (found.recovery_seconds_p50, found.recovery_ratio) == (8.0, 1.25)  # 8 s over 6.4 s
    assert (found.durable_seconds_max, found.grace_seconds_max) == (0.3, 0.4)
    assert {phase: count for phase, count in found.phases.items() if count} == {"start-up": 1, "later epochs": 1}
    assert found.passed


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


def test_a_lives_useful_seconds_are_those_of_its_new_steps() -> None:
    lives = [
        life((1, 0, 50), killed_in="later epochs"),  # 5 s
        life((1, 40, 60), killed_in="later epochs"),  # 2 s for 20 steps, 10 of them new: 1 s
        life((1, 55, 58), killed_in="later epochs"),  # killed before it caught up: nothing
        life((1, 55, 100)),  # 4.5 s for 45 steps, 40 of them new: 4 s
        life((2, 0, 100)),  # the next day: 10 s
    ]

    found = seen_account(lives)

    assert found.useful_seconds == pytest.approx(5.0 + 1.0 + 0.0 + 4.0 + 10.0)
    assert found.goodput == pytest.approx(20.0 / 100.0)  # of 5 lives of 20 s


def test_every_phase_is_named_and_every_key_of_the_issue_is_there() -> None:
    content = card(life((1, 0, 100))).to_json()

    assert (content["goodput"], content["goodput_ledger"]) == (0.25, 0.3)
    assert tuple(content["phases"]) == PHASES
    assert set(ISSUE_KEYS) <= set(content)


@pytest.mark.parametrize("problem", [{"lost": (BTC,)}, {"twice": (BTC,)}, {"parents": (BTC,)}])
def test_one_model_lost_published_twice_or_from_another_parent_fails_the_drill_by_name(
    problem: dict[str, tuple[tuple[str, date]]],
) -> None:
    found = card(life((1, 0, 100)), **problem)

    assert not found.passed
    assert found.problems[0].startswith("BTC 2024-08-01: ")
