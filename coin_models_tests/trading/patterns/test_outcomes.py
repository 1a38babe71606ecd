"""What followed a shape, and whether it differs from chance."""

from dataclasses import replace

import numpy as np
import pytest

from coin_models.trading.patterns.outcomes import correct_for_trials, measure_outcome


def test_a_distribution_is_that_of_the_outcomes_known() -> None:
    returns = np.array([0.01, 0.02, 0.03, -0.02, np.nan])

    outcome = measure_outcome(returns, returns * 100, np.arange(5), min_matches=3)

    assert (outcome.num_matches, outcome.num_known) == (5, 4)
    assert outcome.mean_return == pytest.approx(0.01)
    assert outcome.median_return == pytest.approx(0.015)
    assert outcome.share_up == 0.75


def test_many_occurrences_on_one_day_are_one_piece_of_evidence() -> None:
    scaled = np.array([1.0, 2.0, 1.5, 2.5, 1.0])

    apart = measure_outcome(scaled, scaled, np.arange(5), min_matches=3)
    together = measure_outcome(np.repeat(scaled, 10), np.repeat(scaled, 10), np.repeat(np.arange(5), 10), min_matches=3)

    assert apart.p_value is not None
    assert apart.p_value < 0.01
    assert together.p_value == pytest.approx(apart.p_value)


def test_few_occurrences_and_few_days_are_not_tested() -> None:
    values = np.array([1.0, 1.1, 0.9, 1.2, 1.0])

    assert measure_outcome(values, values, np.arange(5), min_matches=6).p_value is None
    assert measure_outcome(values, values, np.array([0, 1, 2, 3, 3]), min_matches=3).p_value is None


def test_the_more_shapes_were_tried_the_less_one_of_them_says() -> None:
    base = measure_outcome(np.arange(5.0), np.arange(5.0), np.arange(5), min_matches=3)
    outcomes = [replace(base, p_value=p) for p in (0.01, 0.5, None, 0.04, 0.9)]

    corrected = correct_for_trials(outcomes)

    # Four tests: 0.01 x 4 / 1, 0.04 x 4 / 2, 0.5 x 4 / 3, 0.9 x 4 / 4.
    assert [outcome.q_value for outcome in corrected] == pytest.approx([0.04, 2 / 3, None, 0.08, 0.9])
