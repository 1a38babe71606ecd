"""Causal building blocks of the features: every value at t uses only what is known at t.

Sums over windows come from a running sum, which numpy adds strictly from left to right: the value at t is bit-identical
whatever follows t.
"""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def rolling_sum(values: Array, length: int) -> Array:
    """Sum of the last `length` values, (T,) -> (T,); the first `length - 1` sums hold the values there are."""
    total = np.cumsum(values)
    total[length:] -= total[:-length].copy()
    return total


def rolling_mean(values: Array, length: int) -> Array:
    """Mean of the last `length` values, (T,) -> (T,); at the start, of the values there are."""
    count = np.minimum(np.arange(1, len(values) + 1), length)
    return rolling_sum(values, length) / count


def exponential_mean(values: Array, half_life: float) -> Array:
    """Exponentially weighted mean with weight one half after `half_life` values, (T,) -> (T,); starts at values[0]."""
    from scipy.signal import lfilter  # 0.9 s that loading the definitions need not pay

    decay = 0.5 ** (1.0 / half_life)
    mean, _ = lfilter([1.0 - decay], [1.0, -decay], values, zi=[decay * values[0]])
    return np.asarray(mean, dtype=np.float64)


def change_over(log_price: Array, length: int) -> Array:
    """Log return over the last `length` candles, (T,) -> (T,); zero until there are as many."""
    change = np.zeros_like(log_price)
    change[length:] = log_price[length:] - log_price[:-length]
    return change
