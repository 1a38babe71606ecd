"""The forecasts of a day as a value."""

import numpy as np
import pytest

from coin_models.trading.forecasts import Forecasts
from coin_models_tests.trading.builders import LEVELS, forecasts_of


def test_forecasts_without_a_median_are_refused() -> None:
    with pytest.raises(ValueError, match=r"hold 0\.5"):
        Forecasts(levels=(0.1, 0.4, 0.9), returns=np.zeros((1, 3)), horizon=1)


def test_only_finite_rows_that_do_not_cross_are_usable() -> None:
    rows = [[-1.0, 0.0, 1.0], [np.nan, 0.0, 1.0], [0.0, -1.0, 1.0], [0.0, 0.0, 0.0]]

    assert Forecasts(levels=LEVELS, returns=np.array(rows), horizon=1).usable.tolist() == [True, False, False, True]


def test_the_interval_lies_between_the_outermost_quantiles() -> None:
    forecasts = forecasts_of({0: 0.01}, 1, half_width=0.02)

    assert forecasts.half_width.tolist() == pytest.approx([0.02])
    assert forecasts.median.tolist() == [0.01]
    assert (forecasts.interval.low, forecasts.interval.high) == (0.1, 0.9)
    assert forecasts.row(0) == {"0.1": pytest.approx(-0.01), "0.5": 0.01, "0.9": pytest.approx(0.03)}


def test_forecasts_cannot_be_changed_afterwards() -> None:
    given = np.zeros((1, 3))
    forecasts = Forecasts(levels=LEVELS, returns=given, horizon=1)
    given[0, 0] = 5.0

    assert forecasts.returns[0, 0] == 0.0
    with pytest.raises(ValueError, match="read-only"):
        forecasts.returns[0, 0] = 5.0


@pytest.mark.parametrize(("shape", "horizon"), [((3,), 1), ((1, 2), 1), ((1, 3), 0)])
def test_forecasts_of_another_form_are_refused(shape: tuple[int, ...], horizon: int) -> None:
    with pytest.raises(ValueError, match="forecast"):
        Forecasts(levels=LEVELS, returns=np.zeros(shape), horizon=horizon)
