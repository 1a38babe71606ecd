"""The members beside the network: a reference in closed form, and the network's share in the mean."""

from dataclasses import replace

import numpy as np
import pytest

from coin_models.features.scaling import fit_scaling
from coin_models.registry.architecture import NETWORK_SHARE, Weights
from coin_models.training.fit.members import Members, fit_members, pinball
from coin_models.training.fit.tasks import CoinTask
from coin_models_tests.registry.builders import weights
from coin_models_tests.training import builders


def members(task: CoinTask, network: Weights, share: float = 0.5) -> Members:
    architecture = replace(builders.architecture(), network_share=share)
    return fit_members(task, architecture, network, fit_scaling(task.features.x, task.split.train_index))


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


def test_the_pinball_loss_is_that_of_koenker_and_bassett() -> None:
    # Level 0.1, outcome 1 above the quantile: 0.1; level 0.9, outcome 1 below it: 0.1. Mean 0.1.
    assert pinball((0.1, 0.9), np.array([[0.0, 2.0]]), np.array([1.0], dtype=np.float32)) == pytest.approx(0.1)
