"""The published example, from its ranges."""

import pytest

from coin_models.costs.published import published_costs
from coin_models.settings.costs import CostSettings
from coin_models_tests.costs.builders import PRICE


def test_the_published_example_is_recovered_from_the_published_ranges() -> None:
    twenty, everything = published_costs(PRICE, CostSettings().published_runs)

    # 0.25 x 2 h x 30 nights = 15; 0.70 x 2 x 30 = 42; 15 / 42 = 0.357
    assert (twenty.spot_monthly_usd[1], twenty.on_demand_monthly_usd[1]) == pytest.approx((15.0, 42.0))
    assert twenty.saved == pytest.approx(0.643, abs=5e-4)
    assert (everything.spot_monthly_usd[1], everything.on_demand_monthly_usd[1]) == pytest.approx((60.0, 168.0))
