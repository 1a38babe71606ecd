"""The host that the drill kills: which processes it starts, and that none survives. Small processes stand in for
Dagster's.
"""

import os
import signal
import subprocess
import sys

import pytest

from coin_models.drill.host import _has_members
from coin_models.drill.host_drill import HostDrillPlan, HostScorecard
from coin_models.errors import UsageError

FORKS = "import subprocess, sys; subprocess.Popen([sys.executable, '-c', 'input()']); print(flush=True); input()"


def test_a_group_has_members_as_long_as_one_of_its_processes_lives() -> None:
    leader = subprocess.Popen(
        [sys.executable, "-c", FORKS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    )
    assert leader.stdout is not None
    leader.stdout.readline()
    leader.kill()
    leader.wait()
    after_the_leader = _has_members(leader.pid)
    os.killpg(leader.pid, signal.SIGKILL)
    while _has_members(leader.pid):
        pass
    leader.communicate()

    assert after_the_leader


@pytest.mark.parametrize(("num_kills", "num_coins"), [(0, 3), (1, 0), (1, 21)])
def test_a_plan_that_cannot_be_is_refused(num_kills: int, num_coins: int) -> None:
    with pytest.raises(UsageError):
        HostDrillPlan(num_kills=num_kills, num_coins=num_coins)


def card(**changes: int | bool) -> HostScorecard:
    values: dict[str, int | bool] = {
        "kills": 10, "kills_in_a_fit": 5, "models": 9, "lost_models": 0, "duplicate_publications": 0, "identical": True,
        "parents_as_expected": True, "runs": 8, "runs_relaunched": 5, "runs_asked_for": 2, "runs_unfinished": 0,
    }  # fmt: skip
    return HostScorecard(**{**values, **changes}, seconds=300.0, problems=())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "flaw",
    [
        {"lost_models": 1},
        {"duplicate_publications": 1},
        {"identical": False},
        {"parents_as_expected": False},
        {"runs_unfinished": 1},
        {"models": 0},
    ],
)
def test_a_single_flaw_fails_the_drill(flaw: dict[str, int | bool]) -> None:
    assert card().passed
    assert not card(**flaw).passed
