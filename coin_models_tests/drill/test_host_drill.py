"""The drill of a whole host: its plan and its scorecard."""

import pytest

from coin_models.drill.host_drill import HostDrillPlan, HostScorecard
from coin_models.errors import UsageError


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
