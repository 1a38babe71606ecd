"""What a pattern of the library says of itself."""

from dataclasses import replace

import pytest

from coin_models.trading.patterns.library import Pattern
from coin_models.trading.patterns.update import update_library
from coin_models_tests.trading.builders import DAY
from coin_models_tests.trading.patterns.markets import HORIZON, SETTINGS, market


@pytest.fixture(scope="module")
def pattern() -> Pattern:
    return update_library(None, DAY, market(bumps=True), SETTINGS, length=24, horizon=HORIZON).patterns[0]


@pytest.mark.parametrize(("q_value", "is_significant"), [(None, False), (0.1, True), (0.11, False)])
def test_a_pattern_is_significant_up_to_the_false_discovery_rate(
    pattern: Pattern, q_value: float | None, is_significant: bool
) -> None:
    judged = replace(pattern, outcome=replace(pattern.outcome, q_value=q_value))

    assert judged.is_significant(0.1) is is_significant


def test_a_shape_is_z_normalised(pattern: Pattern) -> None:
    values = pattern.shape

    assert sum(values) == pytest.approx(0, abs=1e-4)
    assert sum(value * value for value in values) / len(values) == pytest.approx(1, rel=1e-5)
