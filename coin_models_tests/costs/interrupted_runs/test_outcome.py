"""The distribution of a night and its prices."""

import math

import numpy as np
import pytest

from coin_models.costs.interrupted_runs.job import MachinePrices
from coin_models.costs.interrupted_runs.outcome import NightlyRunOutcome
from coin_models.costs.interrupted_runs.renewal import spot_night
from coin_models_tests.costs.builders import RENT
from coin_models_tests.costs.interrupted_runs.nights import CASES, MODELS


def test_a_night_can_be_priced_again() -> None:
    outcome = spot_night(*CASES["a long night that switches"], RENT, MODELS[0])

    assert outcome.cost_at_usd(RENT) == pytest.approx(outcome.cost_usd)
    assert outcome.cost_at_usd(MachinePrices(spot_usd_per_hour=0.0, on_demand_usd_per_hour=0.0)) == 0.0


def three_cases(*weights: float) -> NightlyRunOutcome:
    """Nights of 2, 4 and 3 hours that cost at most 0.20, 0.40 and 0.30 USD."""
    return NightlyRunOutcome(
        finish_hours=np.array([2.0, 4.0, 3.0]),
        cost_at_most_usd=np.array([0.2, 0.4, 0.3]),
        weights=np.array(weights),
        cost_usd=0.27,
        spot_hours=1.0,
        on_demand_hours=0.5,
        num_interruptions=0.1,
        lost_hours=0.0,
        on_demand_probability=0.2,
    )


def test_quantiles_follow_the_weights_of_the_cases() -> None:
    outcome = three_cases(0.5, 0.2, 0.3)

    # in order 2 h (0.5), 3 h (0.8 by then), 4 h (1.0 by then)
    assert [outcome.finish_quantile_hours(share) for share in (0.5, 0.51, 0.8, 0.95)] == [2.0, 3.0, 3.0, 4.0]
    assert outcome.cost_quantile_usd(0.95) == 0.4


def test_nights_that_never_end_have_no_quantile() -> None:
    outcome = three_cases(0.5, 0.1, 0.3)

    assert outcome.finish_quantile_hours(0.9) == 4.0
    assert math.isinf(outcome.finish_quantile_hours(0.95))


def test_the_chance_to_miss_a_deadline_is_the_weight_of_the_later_cases() -> None:
    outcome = three_cases(0.5, 0.2, 0.3)

    assert outcome.miss_probability(3.0) == pytest.approx(0.2)
    assert outcome.miss_probability(4.0) == 0.0
    assert outcome.miss_probability(math.inf) == 0.0
