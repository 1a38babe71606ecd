"""The job of a nightly run: work, saves and start-up times, and the machine's price. Values only."""

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import lognorm

from coin_models.costs.interrupted_runs.interruptions import FloatArray

SECONDS_PER_HOUR = 3600.0
_NUM_STRATA = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A night's work on one machine, saved every `checkpoint_interval_seconds` of work."""

    work_seconds: float
    """Mean seconds of training on an undisturbed machine, checkpoints and start-up not counted."""
    work_spread: float = 0.0
    """Standard deviation of the work between nights, relative to its mean; the work is log-normal."""
    startup_seconds: float
    """Billed seconds from renting any machine until it trains."""
    replacement_seconds: float
    """Seconds from losing a spot machine until the next one is rented; not billed."""
    checkpoint_seconds: float
    """Seconds that training stands still for one checkpoint."""
    checkpoint_interval_seconds: float = math.inf
    """Seconds of work between two checkpoints; infinite: never saved."""

    def __post_init__(self) -> None:
        problems = [name for name in ("work_seconds", "checkpoint_interval_seconds") if not getattr(self, name) > 0] + [
            name
            for name in ("work_spread", "startup_seconds", "replacement_seconds", "checkpoint_seconds")
            if not getattr(self, name) >= 0
        ]
        if problems:
            raise ValueError(f"{self}: {', '.join(problems)} must be positive (spread, start-up, waits: not negative)")

    @property
    def slowdown(self) -> float:
        """Factor by which checkpoints stretch the work."""
        return 1.0 + self.checkpoint_seconds / self.checkpoint_interval_seconds

    @property
    def segment_hours(self) -> float:
        """Machine time between two checkpoints, one checkpoint included."""
        return (self.checkpoint_interval_seconds + self.checkpoint_seconds) / SECONDS_PER_HOUR

    def work_quantile_seconds(self, probability: FloatArray) -> FloatArray:
        """Work, in seconds, that is not exceeded with this probability."""
        if self.work_spread == 0:
            return np.full_like(probability, self.work_seconds)
        sigma = math.sqrt(math.log1p(self.work_spread**2))
        return np.asarray(lognorm.ppf(probability, sigma, scale=self.work_seconds * math.exp(-(sigma**2) / 2)))

    def productive_hours(self) -> FloatArray:
        """Equally likely machine times, checkpoints included, that the night may need: one where there is no spread."""
        if self.work_spread == 0:
            return np.array([self.work_seconds * self.slowdown / SECONDS_PER_HOUR])
        middles = (np.arange(_NUM_STRATA) + 0.5) / _NUM_STRATA
        work = self.work_quantile_seconds(middles)
        work *= self.work_seconds / work.mean()  # the strata's middles lose a little of the tail
        return work * self.slowdown / SECONDS_PER_HOUR


@dataclass(frozen=True, slots=True, kw_only=True)
class MachinePrices:
    """Prices of one machine type, USD per hour."""

    spot_usd_per_hour: float
    on_demand_usd_per_hour: float

    def __post_init__(self) -> None:
        if not (self.spot_usd_per_hour >= 0 and self.on_demand_usd_per_hour >= 0):
            raise ValueError(f"{self}: a price cannot be negative")


@dataclass(frozen=True, slots=True, kw_only=True)
class NightlyRun:
    """When a night's training begins and when it should be done."""

    start_hour: float
    """Hour of day, UTC, at which a machine is rented."""
    deadline_hours: float = math.inf
    """Hours after the start by which everything should be ready; infinite: whenever."""
    switches: bool = False
    """Whether on-demand takes over at the latest safe moment."""

    def __post_init__(self) -> None:
        if not 0 <= self.start_hour < 24 or not self.deadline_hours > 0:
            raise ValueError(f"{self}: start_hour is an hour of day, deadline_hours is positive")
        if self.switches and math.isinf(self.deadline_hours):
            raise ValueError("a switch to on-demand at the latest safe moment needs a deadline")
