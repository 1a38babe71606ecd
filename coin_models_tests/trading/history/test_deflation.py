"""The deflated Sharpe ratio: 95 % is what it says when nothing is to be had, and the best of many is worth less."""

import numpy as np
import pytest

from coin_models.trading.history.deflation import MIN_DAYS, deflated_sharpe, expected_best

RNG = np.random.default_rng(7)


def test_the_best_of_trials_without_skill_is_as_high_as_simulated() -> None:
    returns = RNG.normal(size=(2_000, 20, 250))
    sharpe = returns.mean(axis=2) / returns.std(axis=2, ddof=1)

    assert expected_best(20, 250) == pytest.approx(sharpe.max(axis=1).mean(), rel=0.03)
    assert expected_best(1, 250) == 0.0


def test_without_skill_a_probability_above_95_percent_comes_once_in_twenty() -> None:
    skewed = RNG.exponential(size=(2_000, 250)) - 1.0

    above = [value > 0.95 for row in skewed if (value := deflated_sharpe(row, 1)) is not None]

    assert np.mean(above) == pytest.approx(0.05, abs=0.015)


def test_more_trials_and_fewer_days_make_it_worth_less() -> None:
    returns = RNG.normal(0.1, 1.0, size=400)

    alone, best_of_many = deflated_sharpe(returns, 1), deflated_sharpe(returns, 50)
    short = deflated_sharpe(np.tile(returns[:40], 1), 1)

    assert alone is not None
    assert best_of_many is not None
    assert short is not None
    assert alone > best_of_many + 0.2


@pytest.mark.parametrize("returns", [np.ones(50), RNG.normal(size=MIN_DAYS - 1)])
def test_without_spread_or_days_there_is_none(returns: np.ndarray) -> None:
    assert deflated_sharpe(returns, 3) is None
