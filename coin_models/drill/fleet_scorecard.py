"""The figures of a drill of a fleet."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetScorecard:
    """The figures of one drill of a fleet; the names are the keys of `--json`."""

    workers: int
    faults: Mapping[str, int]
    namespaces: bool  # whether hosts were namespaces, so that only their leases said that they were dead
    models: int
    lost_models: int
    duplicate_publications: int  # published twice, or trained to the end twice
    identical: bool  # every weight and every registry row
    parents_as_expected: bool
    days_without_report: int
    runs_unfinished: int
    next_attempt_seconds_p50: float | None  # from the kill of a host to the next attempt at its coins
    next_attempt_seconds_p95: float | None
    next_attempts: int
    lease_seconds: float
    load: float  # of the machine, per minute, at the end
    seconds: float
    problems: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Nothing lost, nothing twice, all identical, all reported, no run left behind."""
        is_whole = self.lost_models == 0 and self.duplicate_publications == 0 and self.models > 0
        is_over = self.days_without_report == 0 and self.runs_unfinished == 0
        return is_whole and is_over and self.identical and self.parents_as_expected

    def to_json(self) -> dict[str, Any]:
        """As `coin-models drill --fleet --json` prints it."""
        return {**asdict(self), "passed": self.passed}
