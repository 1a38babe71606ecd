"""Further horizons of a fit: their samples, and a fit that is otherwise the same."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from coin_models.features.table import build_targets
from coin_models.models.architecture import NETWORK_SHARE
from coin_models.models.horizons import architecture_at, main_tensors, tensors_at
from coin_models.training.fit.tasks import CoinTask
from coin_models.training.horizons import task_at
from coin_models_tests.training import builders

MORE = builders.TRAINING.model_copy(update={"more_horizons_minutes": (60, 360)})


def walking(num_rows: int = 240) -> CoinTask:
    """A coin whose close is a random walk, and whose targets follow from it."""
    task = builders.coin_task("AAA", num_rows=num_rows)
    close = 100 * np.exp(np.cumsum(np.random.default_rng(3).normal(0, 0.01, num_rows)))
    features = replace(task.features, close=close)
    return replace(task, features=features, targets=build_targets(features, builders.architecture().horizon))


def test_no_outcome_of_a_train_sample_lies_later_than_those_of_the_main_horizon() -> None:
    task, main = walking(), builders.architecture()
    at = task_at(task, main, 360)
    last_main, last = task.split.train_index[-1] + main.horizon, at.split.train_index[-1] + 6  # candles of an hour

    assert last <= last_main < task.split.validation_index[0]
    assert at.split.validation_index[-1] + 6 <= task.split.validation_index[-1] + main.horizon
    row = at.split.train_index[10]
    change = np.log(task.features.close[row + 6] / task.features.close[row])
    assert at.targets[row] == pytest.approx(change / (0.01 * 6**0.5), rel=1e-5)


def test_a_horizon_longer_than_the_samples_is_refused() -> None:
    with pytest.raises(ValueError, match="0 to validate are too few 100h ahead"):
        task_at(walking(), builders.architecture(), 6000)


def test_further_horizons_change_no_byte_of_the_main_one_and_have_validation_figures(tmp_path: Path) -> None:
    coin = walking()
    alone = builders.fit(builders.cohort(coin), tmp_path / "alone").coins["AAA"]
    fitted = builders.fit(builders.cohort(coin, training=MORE), tmp_path / "more").coins["AAA"]

    main = main_tensors(fitted.weights)
    assert {name: array.tobytes() for name, array in main.items()} == {
        name: array.tobytes() for name, array in alone.weights.items()
    }
    assert fitted.metrics == alone.metrics
    assert alone.horizons == {}
    assert [*fitted.horizons] == [60, 360]
    assert fitted.horizons[360]["num_samples"] == len(
        task_at(coin, builders.architecture(), 360).split.validation_index
    )


def test_a_horizon_has_a_reference_of_its_own_outcomes(tmp_path: Path) -> None:
    coin, main = walking(), builders.architecture(MORE)
    weights = builders.fit(builders.cohort(coin, training=MORE), tmp_path).coins["AAA"].weights
    at = tensors_at(main, 360, weights)

    assert {name: array.shape for name, array in at.items()} == architecture_at(main, 360).tensor_shapes()
    assert not np.array_equal(at["reference.quantiles"], weights["reference.quantiles"])
    assert at[NETWORK_SHARE].shape == (1,)
