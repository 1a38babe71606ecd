"""What a Sharpe ratio is worth after several trials: the best of many is high by chance alone.

Bailey and Lopez de Prado, "The deflated Sharpe ratio", Journal of Portfolio Management 40 (2014), equations 1 and 2; the
variance over trials is that of a Sharpe ratio of 0.
"""

from math import e, sqrt
from typing import Final

import numpy as np

from coin_models.trading.forecasts import Array

MIN_DAYS: Final = 10
_EULER_MASCHERONI: Final = 0.5772156649015329
_NO_SPREAD: Final = 1e-12


def expected_best(num_trials: int, num_days: int) -> float:
    """The daily Sharpe ratio that the best of some trials without any skill is expected to show."""
    if num_trials < 2:
        return 0.0
    from scipy import stats  # 0.4 s

    share = _EULER_MASCHERONI
    best = (1 - share) * stats.norm.ppf(1 - 1 / num_trials) + share * stats.norm.ppf(1 - 1 / (num_trials * e))
    return float(best) / sqrt(num_days - 1)


def deflated_sharpe(returns: Array, num_trials: int) -> float | None:
    """Probability that the Sharpe ratio is above `expected_best`; None with fewer than 10 days or without spread.

    Args:
        returns: daily, in time order.
        num_trials: settings that were tried, this one among them.
    """
    if len(returns) < MIN_DAYS or float(np.std(returns)) <= _NO_SPREAD:
        return None
    from scipy import stats

    sharpe = float(np.mean(returns) / np.std(returns, ddof=1))
    skew, kurtosis = float(stats.skew(returns)), float(stats.kurtosis(returns, fisher=False))
    spread = sqrt(max(1 - skew * sharpe + (kurtosis - 1) / 4 * sharpe**2, _NO_SPREAD))
    above = (sharpe - expected_best(num_trials, len(returns))) * sqrt(len(returns) - 1) / spread
    return float(stats.norm.cdf(above))
