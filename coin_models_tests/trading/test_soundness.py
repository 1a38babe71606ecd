"""Checks of one version by itself."""

import numpy as np
import pytest

from coin_models.settings.levels import ForecastInterval
from coin_models.settings.trading import TradingSettings
from coin_models.trading.soundness import find_validation_problems, find_weight_problems, parent_drift

SETTINGS = TradingSettings()


def test_weights_that_are_not_finite_are_named() -> None:
    weights = {"input.weight": np.ones((2, 2), np.float32), "head.bias": np.array([1, np.nan], np.float32)}

    (problem,) = find_weight_problems(weights, None, SETTINGS)

    assert "head.bias" in problem
    assert "not finite" in problem


def test_drift_is_the_distance_over_the_parents_norm() -> None:
    parent = {"a": np.array([3, 4], np.float32)}

    assert parent_drift({"a": np.array([3, 5], np.float32)}, parent) == pytest.approx(0.2)  # 1 / 5


def test_weights_far_from_their_parent_are_a_problem() -> None:
    parent = {"a": np.array([3, 4], np.float32)}

    (problem,) = find_weight_problems({"a": np.array([-3, -4], np.float32)}, parent, SETTINGS)

    assert "2.00 of their parent's norm" in problem


def test_a_parent_of_another_architecture_is_no_measure() -> None:
    assert find_weight_problems({"a": np.ones(2, np.float32)}, {"b": np.ones(2, np.float32)}, SETTINGS) == ()


@pytest.mark.parametrize(
    ("skill", "coverage", "words"),
    [
        (None, 0.8, "not known"),
        (float("nan"), 0.8, "not known"),
        (-0.001, 0.8, "does not beat unconditional"),
        (0.0, 0.8, "does not beat unconditional"),
        (0.01, 0.60, "its 80% interval covers 60% of the validation outcomes (tolerance 15%)"),
        (0.01, 0.96, "its 80% interval covers 96%"),
        (0.01, float("nan"), "it is not known which share of the validation outcomes its 80% interval covers"),
        (0.01, None, "it is not known which share of the validation outcomes its 80% interval covers"),
    ],
)
def test_a_fit_that_did_badly_on_its_validation_days_is_unsound(
    skill: float | None, coverage: float | None, words: str
) -> None:
    (problem,) = find_validation_problems(skill, coverage, ForecastInterval(low=0.1, high=0.9), SETTINGS)

    assert words in problem


def test_a_fit_that_did_well_has_no_problems() -> None:
    assert find_validation_problems(0.01, 0.7, ForecastInterval(low=0.1, high=0.9), SETTINGS) == ()


def test_an_interval_is_judged_by_the_share_that_its_own_levels_promise() -> None:
    wide, narrow = ForecastInterval(low=0.05, high=0.95), ForecastInterval(low=0.25, high=0.75)

    assert find_validation_problems(0.01, 0.7, wide, SETTINGS) == (
        "its 90% interval covers 70% of the validation outcomes (tolerance 15%)",
    )
    assert find_validation_problems(0.01, 0.6, narrow, SETTINGS) == ()
