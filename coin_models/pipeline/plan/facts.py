"""The facts that the plan is made from, as values. `gather.py` reads them; tests make them up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from coin_models.market.asking import CandleProblem
from coin_models.market.history import History
from coin_models.pipeline.plan.recipe import Recipe
from coin_models.registry.published import PublishedVersions

CoinDay = tuple[str, date]


class HoldKind(StrEnum):
    """Why a coin-day is not tried now."""

    RUNNING = "running"  # another session fits it at this moment
    BACKOFF = "backoff"  # its last try failed; the next one is not due yet
    UNAVAILABLE = "unavailable"  # a place failed: source, store, database, network; not due yet
    QUARANTINED = "quarantined"  # out of attempts


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """What earlier tries of a coin-day mean for now."""

    kind: HoldKind
    reason: str
    fingerprint: str | None = None  # what was tried; None: its candles were not there, or (running) it does not matter

    def holds(self, wanted: str) -> bool:
        """Whether it is about the version that is wanted now: another version was never tried."""
        return self.kind is HoldKind.RUNNING or self.fingerprint == wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that the plan looks at."""

    coins: tuple[str, ...]
    days: tuple[date, ...]  # that are requested, ascending
    recipe: Recipe
    histories: Mapping[str, History]
    published: Mapping[str, PublishedVersions] = field(default_factory=dict)
    holds: Mapping[CoinDay, Sequence[Hold]] = field(default_factory=dict)
    problems: Mapping[str, CandleProblem] = field(default_factory=dict)
    again_from: date | None = None  # stale versions of this day or a later one are made again; None: of no day

    def __post_init__(self) -> None:
        if list(self.days) != sorted(set(self.days)):
            raise ValueError(f"days must ascend, each once: {self.days}")
        if len(set(self.coins)) != len(self.coins):
            raise ValueError(f"a coin is named twice: {self.coins}")
