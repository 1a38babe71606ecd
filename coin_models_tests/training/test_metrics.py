"""The quality of each coin's best epoch on its validation samples."""

import numpy as np
import pytest

from coin_models.training.fit.data import CohortData
from coin_models.training.fit.init_weights import fresh_state, unconditional_quantiles
from coin_models.training.metrics import validation_metrics
from coin_models_tests.training import builders
from coin_models_tests.training.forecasters import CPU

TASK = builders.cohort(builders.coin_task("AAA"), builders.coin_task("BBB", num_rows=200))


def test_an_untrained_network_has_no_skill_and_covers_what_the_unconditional_quantiles_cover() -> None:
    found = validation_metrics(TASK, CohortData(TASK, CPU), fresh_state(TASK, CPU))

    for coin, metrics in zip(TASK.coins, found, strict=True):
        quantiles = unconditional_quantiles(coin, TASK.architecture)
        outcomes = coin.targets[coin.split.validation_index]
        errors = outcomes[:, None] - quantiles
        levels = np.array(TASK.architecture.quantiles)
        assert metrics["skill"] == pytest.approx(0.0, abs=1e-6)
        assert metrics["num_samples"] == 45
        assert metrics["pinball"] == pytest.approx(np.maximum(levels * errors, (levels - 1) * errors).mean(), rel=1e-5)
        assert metrics["coverage_0.5"] == pytest.approx((outcomes <= quantiles[1]).mean())


def test_quantiles_far_above_every_outcome_cover_all_and_are_worse_than_unconditional_ones() -> None:
    state = fresh_state(TASK, CPU)
    state.best_plain += 50.0  # the head's bias is among them

    (metrics, _) = validation_metrics(TASK, CohortData(TASK, CPU), state)

    assert metrics["coverage_0.5"] == metrics["coverage_0.9"] == 1.0
    assert metrics["skill"] < 0
