from datetime import timedelta

import numpy as np
import pytest

from benchmarks.demo_oracle import optimum_skill, oracle_forecast, pinball_loss
from coin_models.market.candles import Candles
from coin_models.market.sources.demo_process import Floats
from coin_models.market.timeframe import Timeframe
from coin_models_tests.market.builders import DAY, FIVE_MINUTES, HOUR

LEVELS = (0.1, 0.5, 0.9)
FIRST = DAY - timedelta(days=119)


def trailing_volatility(candles: Candles) -> Floats:
    """Root mean square of the last day's returns, per candle."""
    squares = np.square(np.diff(np.log(candles.close), prepend=np.log(candles.close[0])))
    total = np.cumsum(squares)
    total[288:] -= total[:-288].copy()
    return np.sqrt(np.maximum(total / np.minimum(np.arange(1, len(total) + 1), 288), 1e-12))


@pytest.mark.parametrize(
    ("horizon", "timeframe"), [(1, FIVE_MINUTES), (12, FIVE_MINUTES), (48, FIVE_MINUTES), (6, HOUR)]
)
def test_the_true_quantiles_cover_what_happens(horizon: int, timeframe: Timeframe) -> None:
    shares = []
    for coin in ("BTC", "SOL", "ADA", "ICP"):
        oracle = oracle_forecast(7, coin, timeframe, FIRST, DAY, horizon=horizon, quantiles=LEVELS)
        finite = np.isfinite(oracle.outcome)
        shares.append((oracle.outcome[finite, None] < oracle.quantiles[finite]).mean(axis=0))

    # 4 coins x 120 days in overlapping horizons of up to 6 hours: at least 1920 independent outcomes, error 0.011.
    assert np.mean(shares, axis=0) == pytest.approx(LEVELS, abs=0.03)


def test_the_forecast_is_known_when_its_candle_closes_and_no_later() -> None:
    long = oracle_forecast(7, "BTC", FIVE_MINUTES, DAY, DAY + timedelta(days=1), horizon=12, quantiles=LEVELS)
    short = oracle_forecast(7, "BTC", FIVE_MINUTES, DAY, DAY, horizon=12, quantiles=LEVELS)

    assert np.array_equal(long.quantiles[:288], short.quantiles)


def test_the_best_attainable_skill_is_clear_and_not_absurd() -> None:
    skills = [
        optimum_skill(
            7, coin, FIVE_MINUTES, DAY - timedelta(days=27), DAY, horizon=12, quantiles=LEVELS, volatility=trailing_volatility
        )
        for coin in ("BTC", "ETH", "SOL", "XRP")
    ]  # fmt: skip

    assert 0.06 < np.mean(skills) < 0.16


def test_nobody_beats_the_oracle_by_moving_its_quantiles() -> None:
    oracle = oracle_forecast(7, "ETH", FIVE_MINUTES, FIRST, DAY, horizon=12, quantiles=LEVELS)
    finite = np.isfinite(oracle.outcome)
    outcome, truth = oracle.outcome[finite], oracle.quantiles[finite]
    width = (truth[:, 2] - truth[:, 0])[:, None]

    best = pinball_loss(outcome, truth, LEVELS)

    for shift in (-0.1, 0.1):
        assert pinball_loss(outcome, truth + shift * width, LEVELS) > best
    assert pinball_loss(outcome, truth[:, 1:2] + (truth - truth[:, 1:2]) * 1.3, LEVELS) > best
    assert pinball_loss(outcome, truth[:, 1:2] + (truth - truth[:, 1:2]) * 0.7, LEVELS) > best


def test_the_pinball_loss_is_the_textbooks() -> None:
    target, forecast = np.array([1.0, -1.0]), np.array([0.0])

    loss = pinball_loss(target, forecast, [0.9])

    assert loss == pytest.approx((0.9 * 1 + 0.1 * 1) / 2)  # under by 1 costs 0.9, over by 1 costs 0.1
