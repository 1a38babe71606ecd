"""The betting test: numbers worked out on paper, what a day can do, and how often it errs."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coin_models.trading.evidence import REFERENCE, Evidence
from coin_models_tests.trading.builders import evidence

SKILLS = st.floats(-2, 2)


def test_without_a_day_nothing_is_known() -> None:
    start = Evidence(opponent=REFERENCE)

    assert (start.e_value, start.mean_skill, start.num_days) == (1.0, None, 0)


def test_a_day_of_one_scale_wins_each_bet_and_one_of_minus_one_loses_it() -> None:
    won, lost = evidence(0.008), evidence(-0.008)  # the scale before any day is 0.008

    # tanh(0.35) = 0.336376, tanh(1.2) = 0.833655
    assert won.e_value == pytest.approx(1 + 0.98 * (0.336376 + 0.833655) / 2)
    assert lost.e_value == pytest.approx(1 - 0.98 * (0.336376 + 0.833655) / 2)


def test_the_scale_is_that_of_the_days_before() -> None:
    second = evidence(1e9, 1e9)  # after the first day: sqrt(1e18 / 3), so that the second is sqrt(3) = 1.732051 scales

    assert second.num_days == 2
    assert second.e_value == pytest.approx((1.98 * (1 + 0.98 * 0.541409) + 1.98 * (1 + 0.98 * 0.969174)) / 2, rel=1e-4)


def test_no_single_day_multiplies_wealth_by_more_than_its_limit_or_ends_it() -> None:
    assert evidence(1e9).e_value == pytest.approx(1.98)
    assert evidence(-1e9).e_value == pytest.approx(0.02)


def test_what_an_earlier_version_logged_keeps_its_value_and_is_carried_on() -> None:
    logged = {
        "opponent": REFERENCE,
        "num_days": 2,
        "sum_skill": 0.01,
        "sum_squares": 5e-5,
        "log_wealths": [0.1, 0.5, 0.9],
    }

    read = Evidence.of_json(logged)

    assert read.e_value == pytest.approx((1.105171 + 1.648721 + 2.459603) / 3)
    assert read.after(0.01).num_days == 3
    assert read.after(0.01).e_value > read.e_value


def test_wealth_of_an_earlier_version_that_was_lost_is_read_as_next_to_nothing() -> None:
    logged = {"opponent": REFERENCE, "num_days": 2, "sum_skill": -9.0, "sum_squares": 50.0, "log_wealths": [-900.0] * 3}

    assert 0 < Evidence.of_json(logged).e_value < 1e-200


@given(st.lists(SKILLS, max_size=30))
def test_wealth_is_never_lost_in_whole_and_is_read_back_as_it_was_logged(skills: list[float]) -> None:
    gathered = evidence(*skills)

    assert 0 < gathered.e_value < float("inf")
    assert Evidence.of_json(json.loads(json.dumps(gathered.to_json()))) == gathered
    assert json.loads(json.dumps(gathered.to_json())) == gathered.to_json()


@given(st.lists(SKILLS, min_size=1, max_size=10), st.floats(1e-6, 1))
def test_a_better_day_is_never_less_evidence(skills: list[float], more: float) -> None:
    *before, last = skills

    assert evidence(*before, last + more).e_value >= evidence(*before, last).e_value


@pytest.mark.parametrize("level", [0.2, 0.05])
def test_days_without_skill_prove_it_no_more_often_than_the_level_says(level: float) -> None:
    rng = np.random.default_rng(3)
    num_proved = 0
    for _ in range(500):
        test = Evidence(opponent=REFERENCE)
        for skill in 0.005 * rng.standard_t(4, 40):
            test = test.after(float(skill))
            if test.proves(level):
                num_proved += 1
                break

    assert num_proved / 500 <= level


def test_the_expected_wealth_after_a_day_without_skill_is_what_it_was() -> None:
    before = evidence(0.004, -0.002, 0.006)
    outcomes = [0.02, 0.001, -0.001, -0.02]  # symmetric: limited or not, 0 in the mean

    after = np.mean([before.after(skill).e_value for skill in outcomes])

    assert after == pytest.approx(before.e_value)
