"""Standardisation with the statistics of the train rows only."""

import numpy as np
import pytest

from coin_models.features.scaling import CLIP, FeatureScaling, fit_scaling


def test_train_rows_have_mean_zero_and_deviation_one_and_others_do_not_count() -> None:
    x = np.array([[1.0, 5.0], [3.0, 5.0], [1000.0, 7.0]], dtype=np.float32)
    scaling = fit_scaling(x, np.array([0, 1]))

    # Feature 0 of the train rows: mean 2, deviation 1. Feature 1 never moves there: scale 1.
    assert scaling.center.tolist() == [2.0, 5.0]
    assert scaling.scale.tolist() == [1.0, 1.0]
    assert scaling.apply(x).tolist() == [[-1.0, 0.0], [1.0, 0.0], [CLIP, 2.0]]


def test_applying_does_not_change_what_it_is_applied_to() -> None:
    x = np.array([[10.0]], dtype=np.float32)
    FeatureScaling(center=np.zeros(1, np.float32), scale=np.ones(1, np.float32)).apply(x)

    assert x.tolist() == [[10.0]]


@pytest.mark.parametrize(("center", "scale"), [([0.0], [0.0]), ([np.nan], [1.0]), ([0.0, 1.0], [1.0])])
def test_a_scaling_that_cannot_be_applied_is_refused(center: list[float], scale: list[float]) -> None:
    with pytest.raises(ValueError, match="scale"):
        FeatureScaling(center=np.array(center, np.float32), scale=np.array(scale, np.float32))
