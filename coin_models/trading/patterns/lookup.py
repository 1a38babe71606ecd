"""One coin's view of the library: the shapes seen in it, what followed them, and which match at the end of the day."""

from dataclasses import asdict, dataclass
from typing import Any

from coin_models.trading.patterns.library import Library, Pattern
from coin_models.trading.patterns.outcomes import PatternOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinPattern:
    """A shape of the library as one coin knows it."""

    pattern: Pattern
    here: PatternOutcome  # after its occurrences in this coin
    rank: int | None  # 1: the nearest to the coin's last window of the day; None: not among the nearest
    correlation: float | None  # of that window with the shape
    is_active: bool  # near enough to be an occurrence: the coin ended the day in it
    is_significant: bool  # what follows it over all coins differs from chance, after all shapes tried

    def to_json(self) -> dict[str, Any]:
        """As `coin-models patterns --json` prints it."""
        pattern = self.pattern
        return {
            "id": pattern.id,
            "found_in": pattern.found_in,
            "found_on": pattern.found_on.isoformat(),
            "shape": list(pattern.shape),
            "first_seen": pattern.first_seen.isoformat(),
            "last_seen": pattern.last_seen.isoformat(),
            "outcome": asdict(pattern.outcome),
            "outcome_here": asdict(self.here),
            "num_trades": pattern.num_trades,
            "trades_pnl_usd": pattern.trades_pnl_usd,
            "rank": self.rank,
            "correlation": self.correlation,
            "active": self.is_active,
            "significant": self.is_significant,
        }


def patterns_of(library: Library, coin: str, *, false_discovery_rate: float) -> list[CoinPattern]:
    """The shapes that occurred in the coin or are near now: the nearest first, then those seen most often in it."""
    near = {found.pattern_id: found for found in library.nearest if found.coin == coin}
    views = [
        CoinPattern(
            pattern=pattern,
            here=pattern.outcome_by_coin.get(coin, PatternOutcome.none()),
            rank=near[pattern.id].rank if pattern.id in near else None,
            correlation=near[pattern.id].correlation if pattern.id in near else None,
            is_active=pattern.id in near and near[pattern.id].active,
            is_significant=pattern.is_significant(false_discovery_rate),
        )
        for pattern in library.patterns
        if coin in pattern.outcome_by_coin or pattern.id in near
    ]
    return sorted(views, key=lambda view: (view.rank or len(views) + 1, -view.here.num_matches, view.pattern.id))
