"""How far back each feature looks: one table in minutes, read as candles of a timeframe.

A memory shorter than a candle is one candle, and memories that come to the same number of candles are one feature: of
the four memories of momentum, 10 minutes to 3 hours, candles of an hour have two.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

HISTORY_DAYS: Final = 3
"""Days of candles that the slowest feature looks at; of five minutes, one page of most exchanges."""

_HOUR: Final = 60  # minutes
_DAY: Final = 24 * _HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class Memories:
    """Half-lives and lengths of the features, in candles of one timeframe."""

    momentum: tuple[int, ...]  # half-lives
    momentum_mean: int
    ranges: tuple[int, ...]  # half-lives
    range_means: tuple[int, ...]
    volumes: tuple[int, ...]  # half-lives
    filled: int
    volatility: tuple[int, int]  # half-lives
    volatility_mean: int
    realised: tuple[int, ...]  # lengths, of squared returns
    garman_klass: tuple[int, ...]  # lengths
    widths: tuple[int, ...]  # half-lives, of the range
    moves: tuple[int, ...]  # lengths, of absolute returns
    settle: int  # after a long gap, until features are trusted again: the fast averages have forgotten it by then
    history: int  # the slowest

    @classmethod
    def of(cls, candle_seconds: int) -> "Memories":
        """The memories in candles of this length."""
        return _of(candle_seconds)

    @property
    def hour(self) -> int:
        """Candles of an hour, at least one."""
        return self.filled


@cache
def _of(candle_seconds: int) -> Memories:
    def candles(minutes: int) -> int:
        return max(1, round(minutes * 60 / candle_seconds))

    def distinct(minutes: Sequence[int]) -> tuple[int, ...]:
        return tuple(dict.fromkeys(map(candles, minutes)))

    return Memories(
        momentum=distinct((10, 25, _HOUR, 3 * _HOUR)),
        momentum_mean=candles(_DAY),
        ranges=distinct((5, 15, _HOUR, 6 * _HOUR)),
        range_means=distinct((_DAY, HISTORY_DAYS * _DAY)),
        volumes=distinct((_HOUR, 6 * _HOUR)),
        filled=candles(_HOUR),
        volatility=(candles(30), candles(3 * _HOUR)),
        volatility_mean=candles(_DAY),
        realised=distinct((_HOUR, 6 * _HOUR, _DAY)),
        garman_klass=distinct((_HOUR, _DAY)),
        widths=distinct((30, 3 * _HOUR)),
        moves=distinct((15, _HOUR, 3 * _HOUR)),
        settle=candles(3 * _HOUR),
        history=candles(HISTORY_DAYS * _DAY),
    )
