"""The building blocks of features, against manually calculated numbers."""

import numpy as np
import pytest

from coin_models.features import indicators


def test_a_rolling_mean_uses_the_values_there_are_at_the_start() -> None:
    mean = indicators.rolling_mean(np.array([2.0, 4.0, 6.0, 8.0]), 2)

    assert mean.tolist() == [2.0, 3.0, 5.0, 7.0]


def test_a_rolling_sum_longer_than_the_values_is_the_running_sum() -> None:
    total = indicators.rolling_sum(np.array([1.0, 2.0, 3.0]), 10)

    assert total.tolist() == [1.0, 3.0, 6.0]


def test_half_of_an_exponential_mean_is_forgotten_after_its_half_life() -> None:
    mean = indicators.exponential_mean(np.array([8.0, 0.0, 0.0, 0.0, 0.0]), 2)

    assert mean[0] == 8.0
    assert mean[2] == pytest.approx(4.0)
    assert mean[4] == pytest.approx(2.0)


def test_the_change_over_a_length_is_zero_until_there_is_one() -> None:
    change = indicators.change_over(np.array([1.0, 2.0, 4.0, 7.0]), 2)

    assert change.tolist() == [0.0, 0.0, 3.0, 5.0]
