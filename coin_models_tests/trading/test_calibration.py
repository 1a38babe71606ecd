"""Tails: what a day adds, what starts again, how often calibrated forecasts are called anything else."""

import json

import numpy as np
import pytest

from coin_models.trading.calibration import Calibration
from coin_models_tests.trading.builders import record

LEVEL = 0.01


def after(shares: list[tuple[float, float]], name: str = "v") -> Calibration | None:
    """The tests after days with these shares below and above."""
    calibration = None
    for below, above in shares:
        calibration = Calibration.after(calibration, name, record(below=below, above=above))
    return calibration


def test_a_tail_that_holds_twice_its_share_is_found_and_named_with_its_share() -> None:
    rng = np.random.default_rng(1)
    calibration = after([(float(rng.binomial(24, 0.2)) / 24, 0.1) for _ in range(28)])

    assert calibration is not None
    (problem,) = calibration.problems(LEVEL)
    assert "below the lowest quantile instead of 10%, over 28 out-of-sample days" in problem


def test_a_tail_that_holds_nothing_is_found_too() -> None:
    calibration = after([(0.1, 0.0)] * 28)

    assert calibration is not None
    (problem,) = calibration.problems(LEVEL)
    assert problem.startswith("0.0% of the outcomes lie above the highest quantile instead of 10%")


def test_another_version_and_other_levels_start_again() -> None:
    before = after([(0.3, 0.1)] * 20)

    other = Calibration.after(before, "w", record())
    wider = Calibration.after(before, "v", record(level=0.05))

    assert other is not None
    assert wider is not None
    assert (other.more_below.num_days, wider.more_below.num_days) == (1, 1)


def test_a_day_without_a_record_changes_nothing_and_begins_nothing() -> None:
    before = after([(0.2, 0.1)])

    assert Calibration.after(before, "v", None) == before
    assert Calibration.after(before, "w", None) is None


def test_it_is_read_back_as_it_was_logged() -> None:
    calibration = after([(0.2, 0.1), (0.05, 0.15)])

    assert calibration is not None
    assert Calibration.of_json(json.loads(json.dumps(calibration.to_json()))) == calibration


@pytest.mark.parametrize("level", [0.2, 0.05])
def test_calibrated_forecasts_are_called_anything_else_no_more_often_than_the_level_says(level: float) -> None:
    rng, num_alarms = np.random.default_rng(4), 0
    for _ in range(200):
        tests = None
        for _ in range(28):
            below, above = rng.binomial(24, 0.1, 2) / 24
            tests = Calibration.after(tests, "v", record(below=float(below), above=float(above)))
            if tests is not None and tests.problems(level):
                num_alarms += 1
                break

    assert num_alarms / 200 <= level
