"""A one-sided Diebold-Mariano test on paired block losses: is one series of losses really larger than the other?"""

from dataclasses import dataclass
from math import isfinite, sqrt
from typing import Final

import numpy as np

from coin_models.trading.forecasts import Array

MIN_BLOCKS: Final = 12  # below half a day of hourly blocks a variance says nothing
_LAG: Final = 1  # blocks are one horizon long, so the errors of a block overlap with those of the next one only


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedTest:
    """Result of `paired_loss_test`; differences are first minus second, so positive means the first is worse."""

    num_blocks: int
    mean_difference: float
    standard_error: float
    p_first_worse: float  # one-sided: small means that the first is worse than the second

    def first_is_worse(self, significance: float) -> bool:
        """Whether the first lost more, beyond chance, at this level."""
        return self.p_first_worse < significance


def paired_loss_test(first: Array, second: Array) -> PairedTest | None:
    """Tests whether `first` has larger expected loss than `second`; None with fewer than `MIN_BLOCKS` pairs.

    Diebold & Mariano (1995), H0: E[first - second] <= 0, with the Bartlett (Newey-West) long-run variance at lag 1, the
    small-sample factor of Harvey, Leybourne & Newbold (1997) for two-step errors, and Student's t with n - 1 degrees.

    Args:
        first, second: (B,) mean losses of the same blocks; pairs with a NaN are left out.
    """
    from scipy import stats  # 0.4 s that loading the definitions need not pay

    difference = np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
    difference = difference[np.isfinite(difference)]
    n = len(difference)
    if n < MIN_BLOCKS:
        return None
    mean = float(difference.mean())
    error = sqrt(max(_long_run_variance(difference - mean), 0.0) / n)
    if error <= 1e-12 * max(abs(mean), 1e-12):  # no spread at all: the sign alone decides
        p_worse = 0.0 if mean > 0 else 1.0
    else:
        steps = _LAG + 1
        small_sample = sqrt((n + 1 - 2 * steps + steps * (steps - 1) / n) / n)
        p_worse = float(stats.t.sf(small_sample * mean / error, df=n - 1))
    if not isfinite(p_worse):
        raise ValueError(f"paired losses gave no finite test: mean {mean}, standard error {error}, blocks {n}")
    return PairedTest(num_blocks=n, mean_difference=mean, standard_error=error, p_first_worse=p_worse)


def _long_run_variance(centred: Array) -> float:
    n = len(centred)
    gamma_0 = float(centred @ centred) / n
    gamma_1 = float(centred[1:] @ centred[:-1]) / n
    return gamma_0 + 2 * (1 - 1 / (_LAG + 1)) * gamma_1
