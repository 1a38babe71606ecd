"""The values of the pattern library: shapes with their record, and those that are near at the end of the day.

`update` makes a day's library; `pattern_repository` stores it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from coin_models.trading.patterns.outcomes import PatternOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class PatternTrade:
    """A shadow trade, as far as patterns need it."""

    coin: str
    decided_at: datetime
    pnl_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A recurring shape with its record over the recent window, in all coins and in each."""

    id: str  # coin and day it was found, and its number: BTC-2024-08-15-1
    found_in: str
    found_on: date
    shape: tuple[float, ...]  # z-normalised log closes, one per candle
    first_seen: datetime  # close of the window at which it was first recognised
    last_seen: datetime
    outcome: PatternOutcome  # over all coins
    outcome_by_coin: Mapping[str, PatternOutcome]
    num_trades: int  # shadow trades decided within one horizon after an occurrence
    trades_pnl_usd: float

    def is_significant(self, false_discovery_rate: float) -> bool:
        """Whether what follows it, over all coins, differs from chance at this false discovery rate."""
        return self.outcome.q_value is not None and self.outcome.q_value <= false_discovery_rate


@dataclass(frozen=True, slots=True, kw_only=True)
class NearPattern:
    """How near a coin's last window of the day is to a pattern."""

    coin: str
    rank: int  # 1: the nearest
    pattern_id: str
    correlation: float
    active: bool  # near enough to count as an occurrence


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """The patterns on a day, and those that are near at its end."""

    day: date
    patterns: tuple[Pattern, ...]
    nearest: tuple[NearPattern, ...]
