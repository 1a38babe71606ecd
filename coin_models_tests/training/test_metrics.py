"""The quality of a coin's version on its validation samples."""

import numpy as np
import pytest

from coin_models.training.fit.init_weights import unconditional_quantiles
from coin_models.training.metrics import validation_metrics
from coin_models_tests.training import builders

TASK = builders.coin_task("AAA")
ARCHITECTURE = builders.architecture()
NUM_SAMPLES = 45


def test_the_unconditional_forecast_has_no_skill_and_its_pinball_loss() -> None:
    quantiles = unconditional_quantiles(TASK, ARCHITECTURE)
    outcomes = TASK.targets[TASK.split.validation_index]

    metrics = validation_metrics(TASK, ARCHITECTURE, np.tile(quantiles, (NUM_SAMPLES, 1)))

    errors, levels = outcomes[:, None] - quantiles, np.array(ARCHITECTURE.quantiles)
    assert metrics["skill"] == pytest.approx(0.0)
    assert metrics["num_samples"] == NUM_SAMPLES
    assert metrics["pinball"] == pytest.approx(np.maximum(levels * errors, (levels - 1) * errors).mean())
    assert metrics["coverage_0.5"] == pytest.approx((outcomes <= quantiles[1]).mean())


def test_quantiles_far_above_every_outcome_cover_all_and_are_worse_than_unconditional_ones() -> None:
    metrics = validation_metrics(TASK, ARCHITECTURE, np.full((NUM_SAMPLES, 3), 50.0))

    assert metrics["coverage_0.1"] == metrics["coverage_0.5"] == metrics["coverage_0.9"] == 1.0
    assert metrics["skill"] < 0


def test_a_forecast_that_knows_every_outcome_loses_nothing() -> None:
    outcomes = TASK.targets[TASK.split.validation_index].astype(np.float64)

    metrics = validation_metrics(TASK, ARCHITECTURE, np.tile(outcomes[:, None], (1, 3)))

    assert (metrics["pinball"], metrics["skill"]) == (0.0, 1.0)
