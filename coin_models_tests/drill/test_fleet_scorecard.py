"""The drill of a fleet: its figures."""

import json
from dataclasses import replace

import pytest

from coin_models.drill.fleet_scorecard import FleetScorecard

CARD = FleetScorecard(
    workers=2,
    faults={"host killed": 3},
    namespaces=True,
    models=12,
    lost_models=0,
    duplicate_publications=0,
    identical=True,
    parents_as_expected=True,
    days_without_report=0,
    runs_unfinished=0,
    next_attempt_seconds_p50=30.0,
    next_attempt_seconds_p95=40.0,
    next_attempts=3,
    lease_seconds=20.0,
    load=2.0,
    seconds=100.0,
    problems=(),
)


@pytest.mark.parametrize(
    "flaw",
    [
        {"lost_models": 1},
        {"duplicate_publications": 1},
        {"identical": False},
        {"parents_as_expected": False},
        {"days_without_report": 1},
        {"runs_unfinished": 1},
        {"models": 0},
    ],
)
def test_a_single_flaw_fails_the_drill(flaw: dict[str, int]) -> None:
    assert CARD.passed
    assert not replace(CARD, **flaw).passed  # type: ignore[arg-type]


def test_the_figures_are_json() -> None:
    assert json.loads(json.dumps(CARD.to_json()))["faults"] == {"host killed": 3}
