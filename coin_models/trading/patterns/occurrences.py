"""Where shapes occur, coin by coin: a few numbers for each occurrence, so that a coin's windows need not stay in memory."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coin_models.trading.patterns.discovery import Shapes, find_matches
from coin_models.trading.patterns.windows import CoinWindows

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Occurrences:
    """K occurrences in one coin of one shape or of several, shape after shape, ascending in time for each."""

    coin: str
    step_ms: int
    starts: Integers  # (P + 1,) those of shape p are starts[p] to starts[p + 1]
    end_ms: Integers  # (K,) close of the window's last candle
    day_number: Integers  # (K,) days since 1970 on which that candle opened
    outcome: Floats  # (K,) log return over the horizon after it; NaN while not known
    scaled: Floats  # (K,) the same in units of volatility, beyond the coin's mean

    def __len__(self) -> int:
        return len(self.end_ms)

    def of(self, shape: int) -> "Occurrences":
        """Those of one shape."""
        part = slice(int(self.starts[shape]), int(self.starts[shape + 1]))
        return Occurrences(
            coin=self.coin,
            step_ms=self.step_ms,
            starts=np.array([0, part.stop - part.start]),
            end_ms=self.end_ms[part],
            day_number=self.day_number[part],
            outcome=self.outcome[part],
            scaled=self.scaled[part],
        )

    @property
    def num_matches(self) -> Integers:
        """(P,) occurrences of each shape."""
        return np.diff(self.starts)

    @property
    def last_ms(self) -> Integers:
        """(P,) close of the newest occurrence of each shape; 0 where it does not occur."""
        newest = np.concatenate(([0], self.end_ms))[self.starts[1:]]
        return np.where(self.num_matches > 0, newest, 0)


def find_occurrences(windows: CoinWindows, shapes: Shapes, min_correlation: float) -> Occurrences:
    """Where each of P shapes (P, m) is recognised in a coin."""
    matches = find_matches(windows, shapes, min_correlation)
    index = np.concatenate(matches) if matches else np.empty(0, np.int64)
    return Occurrences(
        coin=windows.coin,
        step_ms=windows.step_ms,
        starts=np.concatenate(([0], np.cumsum([len(one) for one in matches], dtype=np.int64))),
        end_ms=windows.end_ms[index],
        day_number=windows.day_numbers(index),
        outcome=windows.outcome[index],
        scaled=windows.scaled[index],
    )


def num_matches(coins: Sequence[Occurrences], num_shapes: int) -> Integers:
    """(P,) occurrences of each of P shapes in all coins."""
    return (
        np.sum([one.num_matches for one in coins], axis=0, dtype=np.int64) if coins else np.zeros(num_shapes, np.int64)
    )


def last_ms(coins: Sequence[Occurrences], num_shapes: int) -> Integers:
    """(P,) close of the newest occurrence of each of P shapes in any coin; 0 where it does not occur."""
    return np.max([one.last_ms for one in coins], axis=0) if coins else np.zeros(num_shapes, np.int64)
