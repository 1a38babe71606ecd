"""The drill, as a user runs it.

COIN_MODELS_TESTS_DRILL_KILLS sets the number of kills of one worker (default 6).
"""

import os
from pathlib import Path

import pytest

from coin_models.drill.drill import DrillPlan, run_drill
from coin_models.drill.kill_plan import Mode

pytestmark = [pytest.mark.proof, pytest.mark.timeout(900)]


KILLS = int(os.environ.get("COIN_MODELS_TESTS_DRILL_KILLS", "6"))


def test_kills_lose_nothing_and_publish_nothing_twice(tmp_path: Path) -> None:
    lines: list[str] = []
    plan = DrillPlan(num_kills=KILLS, mode=Mode.MIXED, num_coins=3)

    scorecard = run_drill(plan, tmp_path, lines.append)

    assert scorecard.problems == ()
    assert scorecard.passed
    assert scorecard.kills == KILLS
    assert sum(scorecard.phases.values()) == KILLS
    assert (
        sum(count > 0 for count in scorecard.phases.values()) >= KILLS // 2
    )  # half of the kills are aimed, each at another phase


def test_two_workers_that_are_killed_over_two_days_publish_what_one_in_peace_does(tmp_path: Path) -> None:
    plan = DrillPlan(num_kills=6, mode=Mode.MIXED, num_coins=4, cohort_size=2, num_workers=2, num_days=2)

    scorecard = run_drill(plan, tmp_path, lambda _line: None)

    assert scorecard.problems == ()
    assert scorecard.passed
    assert (scorecard.kills, scorecard.workers) == (6, 2)
    assert scorecard.parents_as_expected
