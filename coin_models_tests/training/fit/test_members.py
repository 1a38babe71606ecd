"""The members beside the network: a reference in closed form, and the network's share in the mean."""

from dataclasses import replace

import numpy as np
import pytest

from coin_models.features.scaling import fit_scaling
from coin_models.models.architecture import FURTHER_SHARE, NETWORK_SHARE, Weights
from coin_models.training.fit.members import Members, fit_members, pinball
from coin_models.training.fit.tasks import CoinTask
from coin_models_tests.registry.builders import weights
from coin_models_tests.training import builders


def members(
    task: CoinTask, network: Weights, share: float = 0.5, further: tuple[tuple[str, float], ...] = ()
) -> Members:
    architecture = replace(builders.architecture(), network_share=share, members=further)
    return fit_members(task, architecture, network, fit_scaling(task.features.x, task.split.train_index), seed=7)


def without_skill() -> Weights:
    """A network that says the same three quantiles everywhere."""
    network = {
        name: np.zeros_like(array)
        for name, array in weights(replace(builders.architecture(), network_share=1.0)).items()
    }
    return {**network, "head.bias": np.array([1.0, 0.0, 1.0], dtype=np.float32)}


def test_a_network_that_is_far_from_the_outcomes_gets_no_share() -> None:
    far = {**without_skill(), "head.bias": np.array([1.0, 40.0, 1.0], dtype=np.float32)}  # a median of 12

    assert members(builders.coin_task("AAA"), far).tensors[NETWORK_SHARE] == [0.0]


def test_a_share_that_gains_next_to_nothing_is_that_of_the_settings() -> None:
    assert members(builders.coin_task("AAA"), without_skill()).tensors[NETWORK_SHARE] == [0.5]


def test_what_is_judged_on_the_validation_samples_was_not_fitted_on_them() -> None:
    task = builders.coin_task("AAA")
    later = task.targets.copy()
    later[task.split.validation_index] += 0.01  # other outcomes, and the same share

    first, second = (members(replace(task, targets=targets), without_skill()) for targets in (task.targets, later))

    assert np.array_equal(first.validation_quantiles, second.validation_quantiles)
    assert not np.array_equal(first.tensors["reference.quantiles"], second.tensors["reference.quantiles"])


def test_settings_may_leave_the_reference_out() -> None:
    assert members(builders.coin_task("AAA"), without_skill(), share=1.0).tensors == {}


TREES = (("lightgbm", 0.5),)


def test_a_further_member_is_fitted_on_the_train_samples_alone() -> None:
    task = builders.coin_task("AAA", num_rows=1500)
    later = task.targets.copy()
    later[task.split.validation_index] += 1.0

    first, second = (
        members(replace(task, targets=targets), without_skill(), further=TREES) for targets in (task.targets, later)
    )

    named = [name for name in first.tensors if name.startswith("members.lightgbm.")]
    assert named
    assert all(np.array_equal(first.tensors[name], second.tensors[name]) for name in named)


def test_further_members_have_no_share_where_the_others_forecast_clearly_better() -> None:
    task = builders.coin_task("AAA", num_rows=1500)
    rows = task.split.validation_index
    turned = task.targets.copy()
    turned[rows] = -4.0 * task.features.x[rows, 0]  # the opposite of what the trees were fitted on

    assert members(replace(task, targets=turned), without_skill(), further=TREES).tensors[FURTHER_SHARE] == [0.0]
    assert members(task, without_skill(), further=TREES).tensors[FURTHER_SHARE] == [1.0]


def test_a_warm_start_keeps_its_parents_further_members() -> None:
    task = builders.coin_task("AAA", num_rows=1500)
    full = members(task, without_skill(), further=TREES)
    other_targets = np.roll(task.targets, 5)

    warm = members(
        replace(task, targets=np.nan_to_num(other_targets), parent={**without_skill(), **full.tensors}),
        without_skill(),
        further=TREES,
    )

    kept = [name for name in full.tensors if name.startswith("members.")]
    assert kept
    assert all(np.array_equal(full.tensors[name], warm.tensors[name]) for name in kept)


def test_the_pinball_loss_is_that_of_koenker_and_bassett() -> None:
    # Level 0.1, outcome 1 above the quantile: 0.1; level 0.9, outcome 1 below it: 0.1. Mean 0.1.
    assert pinball((0.1, 0.9), np.array([[0.0, 2.0]]), np.array([1.0], dtype=np.float32)) == pytest.approx(0.1)
