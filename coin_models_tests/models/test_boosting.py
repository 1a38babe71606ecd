"""The family `lightgbm`: trees as tables, forecast in numpy as LightGBM itself would."""

import lightgbm
import numpy as np
import pytest

from coin_models.models.boosting import BoostedTrees
from coin_models.models.family import Samples
from coin_models.models.reference import log_width_ahead, reference_inputs
from coin_models_tests.training import builders

LEVELS = (0.1, 0.5, 0.9)
TREES = BoostedTrees()


def samples(num_rows: int = 3000, seed: int = 7) -> Samples:
    """A coin whose next return leans the way its first feature points."""
    task = builders.coin_task("AAA", num_rows=num_rows)
    return Samples(
        table=task.features, targets=task.targets, rows=task.split.train_index, horizon=2, levels=LEVELS, seed=seed
    )


def boosted(given: Samples, label: np.ndarray, **objective: object) -> np.ndarray:
    """What LightGBM forecasts by itself, with the family's parameters."""
    from coin_models.models import boosting

    parameters = {**boosting._PARAMETERS, "seed": given.seed}
    inputs = reference_inputs(given.table, given.rows)
    booster = lightgbm.train({**parameters, **objective}, lightgbm.Dataset(inputs, label, params=parameters), 60)
    return np.asarray(booster.predict(inputs))


def test_the_tables_say_what_lightgbm_says() -> None:
    given = samples()
    tensors = TREES.fit(given)
    width = np.exp(boosted(given, log_width_ahead(given.table, given.rows, 2), objective="regression"))
    targets = given.targets[given.rows].astype(np.float64)
    by_quantile = np.stack([boosted(given, targets, objective="quantile", alpha=level) for level in LEVELS], axis=1)

    expected = (width[:, None] * np.quantile(targets / width, LEVELS) + np.sort(by_quantile, axis=1)) / 2

    assert TREES.scaled_quantiles(tensors, given.table, given.rows) == pytest.approx(expected, abs=1e-5)


def test_it_learns_which_way_the_next_return_leans() -> None:
    given = samples()
    tensors = TREES.fit(given)
    first = given.table.x[given.rows, 0]
    up, down = given.rows[first > 1], given.rows[first < -1]

    medians = [TREES.scaled_quantiles(tensors, given.table, rows)[:, 1].mean() for rows in (up, down)]

    assert medians[0] > 0.2
    assert medians[1] < -0.2


def test_two_fits_give_the_same_bytes_and_another_seed_gives_others() -> None:
    first, second, other = (TREES.fit(samples(seed=seed)) for seed in (7, 7, 8))

    assert all(first[name].tobytes() == second[name].tobytes() for name in first)
    assert any(first[name].tobytes() != other[name].tobytes() for name in first)


def test_quantiles_ascend_and_are_finite_even_of_a_handful_of_rows() -> None:
    given = samples(num_rows=120)
    quantiles = TREES.scaled_quantiles(TREES.fit(given), given.table, given.rows)

    assert np.isfinite(quantiles).all()
    assert (np.diff(quantiles, axis=1) >= 0).all()
