"""Scores of forecasts against what the market did."""

import numpy as np
import pytest

from coin_models.trading.forecasts import Forecasts
from coin_models.trading.scoring import pinball_losses, realised_returns, score_day, unconditional_forecasts
from coin_models_tests.trading.builders import LEVELS, candles_of, forecasts_of, log_price


def test_pinball_loss_weighs_a_miss_by_its_level() -> None:
    losses = pinball_losses(LEVELS, np.array([[-1.0, 0.0, 1.0]]), np.array([2.0]))

    # Errors 3, 2, 1 above the forecasts: 0.1 x 3, 0.5 x 2, 0.9 x 1, mean of 2.2 / 3.
    assert losses[0] == pytest.approx(2.2 / 3)


def test_realised_returns_need_the_very_candle_one_horizon_later() -> None:
    candles = candles_of([100.0, 110.0, 121.0, 133.1, 146.41], skip=(2,))  # closes 110, 121, -, 146.41, 146.41

    returns = realised_returns(candles, 2)

    # Candle 0 wants candle 2, which is missing; candle 1 (close 121) wants candle 3 (close 146.41).
    assert np.isnan(returns[[0, 2, 3]]).all()
    assert returns[1] == pytest.approx(log_price(146.41, 121.0))


def test_a_day_is_scored_where_the_horizon_ends_within_it() -> None:
    candles = candles_of([100.0] * 24)
    forecasts = forecasts_of({}, 24, half_width=0.02, horizon=3)
    scale = np.full(24, 0.01)

    score = score_day(candles, forecasts, forecasts, scale)

    assert (score.num_forecasts, score.num_scored) == (24, 21)
    assert len(score.blocks) == 8
    assert score.blocks[7] is None  # candles 21 to 23 look beyond the day
    # Return 0: the outer quantiles miss by 2 scales each at weight 0.1, the median by nothing: (0.2 + 0 + 0.2) / 3.
    assert score.loss == pytest.approx(0.4 / 3)
    assert score.skill == pytest.approx(0.0)
    assert score.coverage == 1.0


def test_skill_compares_with_the_unconditional_quantiles() -> None:
    candles = candles_of([100.0] * 24)
    narrow = forecasts_of({}, 24, half_width=0.01)
    scale = np.full(24, 0.01)

    score = score_day(candles, narrow, unconditional_forecasts(narrow, (-4.0, 0.0, 4.0), scale), scale)

    assert score.skill == pytest.approx(1 - 1 / 4)  # a quarter of the width, a quarter of the loss


def test_forecasts_that_were_due_and_not_finite_are_counted() -> None:
    candles = candles_of([100.0] * 24)
    returns = forecasts_of({}, 24).returns.copy()
    returns[4:9] = np.nan
    scale = np.full(24, 0.01)
    scale[4] = np.nan  # no features there: nothing was due
    broken = Forecasts(levels=LEVELS, returns=returns, horizon=3)

    score = score_day(candles, broken, forecasts_of({}, 24), scale)

    assert score.num_unusable == 4
    assert score.num_forecasts == 19
