"""The learning rate by step."""

import pytest

from coin_models.training.fit.schedule import learning_rate


def test_the_learning_rate_climbs_for_a_fifth_of_the_steps_and_falls_to_nearly_nothing() -> None:
    rates = [learning_rate(step, 100, peak=1.0) for step in range(100)]

    assert rates[19] == pytest.approx(1.0)
    assert rates[9] == pytest.approx(0.5)
    assert rates[:20] == sorted(rates[:20])
    assert rates[19:] == sorted(rates[19:], reverse=True)
    assert 0.0 < rates[-1] < 0.001
