"""The outcomes of a shape: their distribution, and whether it differs from chance, corrected for all shapes tried."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_MIN_DAYS = 5  # days with an occurrence below which a variance between days says nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternOutcome:
    """Returns over the horizon after the occurrences of a shape. None: too few to say."""

    num_matches: int
    num_known: int  # occurrences whose horizon has passed
    mean_return: float | None  # log return
    low_return: float | None  # quantile 0.1
    median_return: float | None
    high_return: float | None  # quantile 0.9
    share_up: float | None
    effect: float | None  # mean return in units of volatility, beyond the coin's own mean
    p_value: float | None  # two-sided, of the effect being 0
    q_value: float | None = None  # p corrected for all shapes tried that day (Benjamini-Hochberg)

    @classmethod
    def none(cls, num_matches: int = 0) -> "PatternOutcome":
        """Nothing is known of what followed."""
        return cls(
            num_matches=num_matches,
            num_known=0,
            mean_return=None,
            low_return=None,
            median_return=None,
            high_return=None,
            share_up=None,
            effect=None,
            p_value=None,
        )


def measure_outcome(
    returns: Floats, scaled: Floats, day_number: npt.NDArray[np.int64], *, min_matches: int
) -> PatternOutcome:
    """Distribution and test of what followed K occurrences.

    The test is Student's on the means of the days: occurrences on one day, above all in several coins at once, share
    the same market move and are no independent evidence.

    Args:
        returns: (K,) log returns; NaN while not known.
        scaled: (K,) the same in units of volatility, beyond the coin's mean.
        day_number: (K,) day of each occurrence.
    """
    known = np.isfinite(returns) & np.isfinite(scaled)
    values = returns[known]
    if len(values) == 0:
        return PatternOutcome.none(len(returns))
    low, median, high = (float(value) for value in np.quantile(values, [0.1, 0.5, 0.9]))
    p_value = _p_of_day_means(scaled[known], day_number[known]) if len(values) >= min_matches else None
    return PatternOutcome(
        num_matches=len(returns),
        num_known=len(values),
        mean_return=float(values.mean()),
        low_return=low,
        median_return=median,
        high_return=high,
        share_up=float((values > 0).mean()),
        effect=float(scaled[known].mean()),
        p_value=p_value,
    )


def correct_for_trials(outcomes: Sequence[PatternOutcome]) -> list[PatternOutcome]:
    """The same outcomes with q-values: the false discovery rate at which each would be called significant.

    Benjamini & Hochberg (1995) over every test that was made, whatever its result.
    """
    from scipy import stats  # 0.4 s that loading the definitions need not pay

    tested = [k for k, outcome in enumerate(outcomes) if outcome.p_value is not None]
    corrected = list(outcomes)
    if tested:
        p_values = np.array([outcomes[k].p_value for k in tested], dtype=np.float64)
        for k, q_value in zip(tested, stats.false_discovery_control(p_values, method="bh"), strict=True):
            corrected[k] = replace(outcomes[k], q_value=float(q_value))
    return corrected


def _p_of_day_means(scaled: Floats, day_number: npt.NDArray[np.int64]) -> float | None:
    from scipy import special  # imported late: loading the definitions need not pay for it

    _, index = np.unique(day_number, return_inverse=True)
    means = np.bincount(index, weights=scaled) / np.bincount(index)
    n = len(means)
    if n < _MIN_DAYS:
        return None
    error = float(means.std(ddof=1)) / n**0.5
    if error == 0:
        return None
    # Student's tail as `stats.t.sf` has it, without a millisecond of checking its arguments, a thousand times a day.
    return float(2 * special.stdtr(n - 1, -abs(float(means.mean())) / error))
