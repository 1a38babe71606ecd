"""Causal building blocks of the features: every value at t uses only what is known at t.

Belongs here: rolling and exponential statistics over one array, vectorised over time. Not here: which of them make up
the features (table.py), candles, gaps, scaling.

Sums over windows come from a running sum, which numpy adds strictly from left to right: the value at t is
bit-identical whatever follows t.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter1d, minimum_filter1d
from scipy.signal import lfilter

Array = NDArray[np.float64]

_TINY = 1e-12


def rolling_sum(values: Array, length: int) -> Array:
    """Sum of the last `length` values, (T,) -> (T,); the first `length - 1` sums hold the values there are."""
    total = np.cumsum(values)
    total[length:] -= total[:-length].copy()
    return total


def rolling_mean(values: Array, length: int) -> Array:
    """Mean of the last `length` values, (T,) -> (T,); at the start, of the values there are."""
    count = np.minimum(np.arange(1, len(values) + 1), length)
    return rolling_sum(values, length) / count


def rolling_rms(values: Array, length: int) -> Array:
    """Root mean square of the last `length` values: volatility without a mean, which over candles is noise."""
    return np.sqrt(np.maximum(rolling_mean(np.square(values), length), 0.0))


def exponential_mean(values: Array, half_life: float) -> Array:
    """Exponentially weighted mean with weight one half after `half_life` values, (T,) -> (T,); starts at values[0]."""
    decay = 0.5 ** (1.0 / half_life)
    mean, _ = lfilter([1.0 - decay], [1.0, -decay], values, zi=[decay * values[0]])
    return np.asarray(mean, dtype=np.float64)


def rolling_high(values: Array, length: int) -> Array:
    """Highest of the last `length` values, (T,) -> (T,)."""
    return np.asarray(maximum_filter1d(values, length, origin=(length - 1) // 2, mode="nearest"))


def rolling_low(values: Array, length: int) -> Array:
    """Lowest of the last `length` values, (T,) -> (T,)."""
    return np.asarray(minimum_filter1d(values, length, origin=(length - 1) // 2, mode="nearest"))


def change_over(log_price: Array, length: int) -> Array:
    """Log return over the last `length` candles, (T,) -> (T,); zero until there are as many."""
    change = np.zeros_like(log_price)
    change[length:] = log_price[length:] - log_price[:-length]
    return change


def position_within(value: Array, low: Array, high: Array) -> Array:
    """Where `value` lies between `low` (-0.5) and `high` (+0.5); 0 where the two are equal."""
    span = high - low
    return np.where(span > _TINY, (value - low) / np.maximum(span, _TINY) - 0.5, 0.0)


def share(part: Array, whole: Array) -> Array:
    """`part / whole`, 0 where there is nothing to share."""
    return np.where(whole > _TINY, part / np.maximum(whole, _TINY), 0.0)
