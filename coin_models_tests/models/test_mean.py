"""The forecast of a version is the weighted mean of its members."""

import numpy as np
import pytest

from coin_models.models.mean import network_quantiles, scaled_quantiles, with_members
from coin_models.models.reference import Reference
from coin_models_tests.registry import builders

ROWS = np.array([950, 980])


@pytest.mark.parametrize("share", [0.0, 0.25])
def test_the_forecast_is_the_mean_by_the_networks_share(share: float) -> None:
    bundle = builders.with_reference(network_share=share)
    table = builders.table()
    whose = (bundle.manifest.architecture, bundle.weights, bundle.manifest.scaling, table, ROWS)

    network, reference = network_quantiles(*whose), Reference.of_tensors(bundle.weights).scaled_quantiles(table, ROWS)

    assert scaled_quantiles(*whose) == pytest.approx(share * network + (1 - share) * reference)


def test_a_version_without_a_reference_forecasts_as_its_network() -> None:
    bundle, table = builders.bundle(), builders.table()
    whose = (bundle.manifest.architecture, bundle.weights, bundle.manifest.scaling, table, ROWS)

    assert np.array_equal(scaled_quantiles(*whose), network_quantiles(*whose))
    assert bundle.network.keys() == bundle.weights.keys()


@pytest.mark.parametrize(("part", "share"), [(1.0, 0.25), (0.5, 0.125), (0.0, 0.0)])
def test_a_further_member_has_a_part_of_its_share_and_the_others_have_the_rest(part: float, share: float) -> None:
    pair, further = np.array([[-1.0, 0.0, 1.0]]), np.array([[-3.0, 1.0, 2.0]])

    mean = with_members((("trees", 0.25),), pair, {"trees": further}, part)

    assert mean == pytest.approx((1 - share) * pair + share * further)


def test_the_network_of_a_version_is_what_an_incremental_fit_starts_from() -> None:
    bundle = builders.with_reference(network_share=0.25)

    assert bundle.network.keys() == bundle.manifest.architecture.parameter_shapes().keys()
    assert (
        len(bundle.weights) == len(bundle.network) + 6
    )  # center, scale, coefficients, intercept, quantiles; the share
