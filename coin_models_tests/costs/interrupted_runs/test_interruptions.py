import numpy as np
import pytest

from coin_models.costs.interrupted_runs.interruptions import Bathtub, Bursts, InterruptionModel, bathtub, memoryless
from coin_models_tests.costs.builders import PUBLISHED_RATES, constant_rate


def test_the_cumulative_rate_runs_through_midnight() -> None:
    rates = (1.0, *(0.0,) * 22, 3.0)  # 1 an hour from 00:00, 3 an hour from 23:00
    model = memoryless(rates)

    cumulated = model.cumulative_rate(np.array([0.5, 23.5, 24.0, 24.25]))

    assert cumulated.tolist() == pytest.approx([0.5, 2.5, 4.0, 4.25])
    assert model.mean_rate(23.5, 1.0) == pytest.approx(0.5 * 3.0 + 0.5 * 1.0)


def test_a_bathtub_takes_as_many_machines_in_their_first_hour_as_the_rate_says() -> None:
    shape = Bathtub()

    assert shape.cumulative(np.array([1.0]))[0] == pytest.approx(1.0)
    assert shape.multiplier(np.array([0.0]))[0] == pytest.approx(shape.peak)
    assert shape.multiplier(np.array([0.0]))[0] == pytest.approx(5 * shape.multiplier(np.array([50.0]))[0])


def test_a_bathtubs_cumulative_rate_is_the_integral_of_its_rate() -> None:
    shape, ages = Bathtub(), np.linspace(0.0, 6.0, 6001)

    integral = np.concatenate(
        ([0.0], np.cumsum((shape.multiplier(ages)[1:] + shape.multiplier(ages)[:-1]) / 2 * 0.001))
    )

    assert np.allclose(integral, shape.cumulative(ages), atol=1e-6)


def test_bursts_leave_the_mean_rate_as_it_is() -> None:
    bursts = Bursts(severity=6.0, mean_hours=2.0, share=0.2)
    calm, burst = bursts.multipliers

    # calm x (0.8 + 0.2 x 6) = 1, so calm is 0.5 and a burst 3
    assert (calm, burst) == pytest.approx((0.5, 3.0))
    assert bursts.probability_after(np.array([0.0, 1.0]), np.array(1000.0)).tolist() == pytest.approx([0.2, 0.2])
    assert bursts.probability_after(np.array([0.0, 1.0]), np.array(0.0)).tolist() == [0.0, 1.0]


@pytest.mark.parametrize("rates", [(0.1,) * 23, (-0.1,) * 24, (float("nan"),) * 24])
def test_a_model_refuses_rates_that_are_none(rates: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="rate"):
        InterruptionModel(name="memoryless", rates_per_hour=rates)


def test_bursts_refuse_a_share_of_time_that_is_none() -> None:
    with pytest.raises(ValueError, match="not a valid burst"):
        Bursts(share=1.0)


def test_the_models_share_their_rates_by_hour_of_day() -> None:
    assert bathtub(PUBLISHED_RATES).mean_rate(0.0, 24.0) == memoryless(PUBLISHED_RATES).mean_rate(0.0, 24.0)
    assert constant_rate(0.3).mean_rate(5.0, 7.0) == pytest.approx(0.3)
