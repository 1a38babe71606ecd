"""Coins that were renamed or swapped for another: which took the place of which, when and at what ratio.

A coin is listed here only where the announcement of an exchange gives the ratio, and no exchange gave the new name to
another coin. LUNA is not: what trades as LUNA since May 2022 is another coin than before.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final

_TEXT: Final = re.compile(
    r"(?P<old>[A-Z0-9]{1,20}):(?:-|(?P<new>[A-Z0-9]{1,20}):(?P<day>\d{4}-\d{2}-\d{2})(?::(?P<ratio>\d+(?:\.\d+)?))?)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Successor:
    """A coin that took another's place."""

    old: str
    new: str
    day: date  # the day on which Binance began to trade the new one; other exchanges may differ by some days
    ratio: float = 1.0  # units of the new coin for one of the old

    def __post_init__(self) -> None:
        if self.old == self.new:
            raise ValueError(f"{self.old} cannot be its own successor")
        if not 0 < self.ratio < 1e9:
            raise ValueError(f"{self.old} to {self.new}: the ratio {self.ratio} must be above 0")

    def __str__(self) -> str:
        """What happened and what to do, for a sentence."""
        ratio = "" if self.ratio == 1 else f", {self.ratio:g} for each"
        return f"{self.old} became {self.new} on {self.day}{ratio}: name {self.new} in the universe"


_KNOWN: Final = (
    Successor(old="RNDR", new="RENDER", day=date(2024, 7, 26)),
    Successor(old="MATIC", new="POL", day=date(2024, 9, 13)),
    Successor(old="KLAY", new="KAIA", day=date(2024, 10, 31)),
    Successor(old="FTM", new="S", day=date(2025, 1, 16)),
    Successor(old="EOS", new="A", day=date(2025, 5, 28)),
    Successor(old="OM", new="MANTRA", day=date(2026, 3, 4), ratio=4.0),
)
BUILT_IN: Final[Mapping[str, Successor]] = {successor.old: successor for successor in _KNOWN}
"""By the old name."""


@cache
def successors_of(texts: tuple[str, ...]) -> Mapping[str, Successor]:
    """The built-in table changed by the texts: `OLD:NEW:YYYY-MM-DD`, with `:RATIO`, or `OLD:-` to drop one.

    Raises:
        ValueError: a text is none of these, or the successors form a circle.
    """
    by_old = dict(BUILT_IN)
    for text in texts:
        match = _TEXT.fullmatch(text.strip().upper())
        if match is None:
            raise ValueError(
                f"{text!r} is no successor; write OLD:NEW:YYYY-MM-DD, with :RATIO where it is not 1, or OLD:-"
            )
        by_old.pop(match["old"], None)
        if match["new"]:
            day, ratio = date.fromisoformat(match["day"]), float(match["ratio"] or 1)
            by_old[match["old"]] = Successor(old=match["old"], new=match["new"], day=day, ratio=ratio)
    for old in by_old:
        _refuse_circle(by_old, old)
    return by_old


def _refuse_circle(table: Mapping[str, Successor], old: str) -> None:
    seen = [old]
    while seen[-1] in table:
        following = table[seen[-1]].new
        if following in seen:
            raise ValueError(f"the successors {' to '.join([*seen, following])} form a circle")
        seen.append(following)
