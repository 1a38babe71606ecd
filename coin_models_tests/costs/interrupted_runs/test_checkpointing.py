import math

import pytest

from coin_models.costs.interrupted_runs.checkpointing import daly_interval_seconds, young_interval_seconds


def test_youngs_interval_is_the_root_of_twice_cost_times_life() -> None:
    assert young_interval_seconds(50.0, 10_000.0) == pytest.approx(1000.0)  # sqrt(2 x 50 x 10,000)


def test_dalys_interval_corrects_youngs() -> None:
    # C/2M = 0.0025: 1000 x (1 + 0.05 / 3 + 0.0025 / 9) - 50
    assert daly_interval_seconds(50.0, 10_000.0) == pytest.approx(966.944, abs=1e-3)


def test_a_checkpoint_that_costs_more_than_the_machines_life_is_taken_once_a_life() -> None:
    assert daly_interval_seconds(300.0, 100.0) == 100.0


def test_a_machine_that_nobody_takes_is_never_saved() -> None:
    assert math.isinf(daly_interval_seconds(1.0, math.inf))


def test_a_checkpoint_that_costs_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        daly_interval_seconds(0.0, 100.0)
