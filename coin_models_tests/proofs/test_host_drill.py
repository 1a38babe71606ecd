"""A whole host is killed several times during a UI backfill, as a user runs the drill: all work is completed, with equal
bytes.

COIN_MODELS_TESTS_HOST_KILLS sets the number of deaths (default 6).
"""

import os
from pathlib import Path

import pytest

from coin_models.drill.host_drill import HostDrillPlan, run_host_drill

pytestmark = [pytest.mark.proof, pytest.mark.timeout(1500)]

KILLS = int(os.environ.get("COIN_MODELS_TESTS_HOST_KILLS", "6"))


def test_deaths_of_the_whole_host_lose_nothing_and_publish_nothing_twice(tmp_path: Path) -> None:
    lines: list[str] = []
    scorecard = run_host_drill(HostDrillPlan(num_kills=KILLS), tmp_path, lines.append)

    assert scorecard.problems == ()
    assert scorecard.passed, lines
    assert scorecard.kills == KILLS
    assert (
        scorecard.kills_in_a_fit >= KILLS // 3
    )  # every other death is aimed at one; the last fits may be over by then
    assert scorecard.models >= 9  # and the parents of days before, where the calendar names one
    assert scorecard.runs_relaunched + scorecard.runs_asked_for > 0
