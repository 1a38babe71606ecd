"""Daily figures with Student's t tails and an autocorrelation, of which intervals are tried."""

import numpy as np
import numpy.typing as npt

_WARM_UP_DAYS = 10


def daily_figures(rng: np.random.Generator, num_days: int, correlation: float) -> npt.NDArray[np.float64]:
    """(num_days,) of mean 0, each day `correlation` times the day before and a shock of 4 degrees of freedom."""
    daily = rng.standard_t(4, num_days + _WARM_UP_DAYS)
    for day in range(1, len(daily)):
        daily[day] += correlation * daily[day - 1]
    return daily[_WARM_UP_DAYS:]
