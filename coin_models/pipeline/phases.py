"""The phases of a run, and how much of each is done, for people. What they take and what is left is in time_left.py."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Phase(StrEnum):
    """A part of a run; a day's phases follow one another in this order, patterns and report after all days."""

    CANDLES = "candles"
    CANDLE_RECORDS = "candle records"
    MODELS = "models"
    TRADES = "shadow trades"
    PATTERNS = "patterns"
    REPORT = "report"


@dataclass(frozen=True, slots=True, kw_only=True)
class PhaseProgress:
    """Where a run is."""

    phase: Phase
    day: date | None  # None: of all days at once
    done: int
    total: int  # coins

    def __str__(self) -> str:
        """Such as `shadow trades 12/20`; a phase that is done at once has no count."""
        return f"{self.phase.value} {self.done}/{self.total}" if self.is_counted else self.phase.value

    @property
    def is_counted(self) -> bool:
        """Whether it tells how far it is, coin by coin."""
        return self.phase not in (Phase.PATTERNS, Phase.REPORT)


PhaseSink = Callable[[PhaseProgress], object]


def no_phases(_progress: PhaseProgress) -> None:
    """Shows nothing."""


def counted(
    items: Iterable[T],
    sink: PhaseSink,
    phase: Phase,
    day: date | None,
    total: int,
    *,
    counts: Callable[[T], bool] = lambda _item: True,
) -> Iterator[T]:
    """Passes the items on; tells the sink of the phase's start and of each item that counts, once it was worked on."""
    done = 0
    sink(PhaseProgress(phase=phase, day=day, done=done, total=total))
    for item in items:
        yield item
        if counts(item):
            done += 1
            sink(PhaseProgress(phase=phase, day=day, done=done, total=total))


def whole(make: Callable[[], R], sink: PhaseSink, phase: Phase, day: date, total: int) -> R:
    """What `make` returns; tells the sink of the start and the end of a phase that is done at once."""
    sink(PhaseProgress(phase=phase, day=day, done=0, total=total))
    made = make()
    sink(PhaseProgress(phase=phase, day=day, done=total, total=total))
    return made
