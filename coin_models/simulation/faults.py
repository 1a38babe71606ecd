"""Faults of a night: values that a seed draws, a replay repeats, and a shrinker leaves out one after the other."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self


class FaultKind(StrEnum):
    """What happens at an operation."""

    DIE_BEFORE = "die before"
    DIE_AFTER = "die after"
    FAIL_BEFORE = "fail before"
    FAIL_AFTER = "fail after"
    HANG_BEFORE = "hang before"
    HANG_AFTER = "hang after"
    SLOW = "slow"
    PAUSE = "pause"  # the whole process stands still, as under SIGSTOP or a snapshot of its machine
    NOTICE = "notice"  # the machine's end is announced


class EventKind(StrEnum):
    """What happens at a time, whatever the processes do."""

    SKEW = "skew"  # a machine's clock differs from now on
    CORRECT = "correct"  # the source replaces the candles of a day
    DELIST = "delist"
    SETTINGS = "settings"
    UPGRADE = "upgrade"
    SOURCE_OUTAGE = "source outage"
    STORE_OUTAGE = "store outage"
    DATABASE_OUTAGE = "database outage"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens at the operation of that number."""

    operation: int
    kind: FaultKind
    seconds: float = 0.0  # of a hang, a slow call, a pause

    def __str__(self) -> str:
        seconds = f" {self.seconds:.0f} s" if self.seconds else ""
        return f"operation {self.operation}: {self.kind}{seconds}"

    def to_json(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Self:
        """Reads what `to_json` wrote."""
        return cls(**{**content, "kind": FaultKind(content["kind"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What happens at a time of the night."""

    at_seconds: float
    kind: EventKind
    target: int = 0  # number of the coin or machine
    seconds: float = 0.0  # of a skew, an outage

    def __str__(self) -> str:
        seconds = f" {self.seconds:+.0f} s" if self.seconds else ""
        return f"at {self.at_seconds:.0f} s: {self.kind} {self.target}{seconds}"

    def to_json(self) -> dict[str, Any]:
        """For `--json`."""
        return asdict(self)
