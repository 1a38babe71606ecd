"""Models of interruptions: a rate by hour of day, shaped by the machine's age and by bursts.

Rates are estimated in `hazard.py`.

In reality interruptions are neither memoryless nor independent. Two other models are offered beside the memoryless one:

* bathtub: a fresh machine is likely to be interrupted at once, an older one seldom, and none runs longer than a day
  (measured on GCP by Kadupitige, Jadhao and Sharma, "Modeling the temporally constrained preemptions of transient cloud
  VMs", HPDC 2020);
* correlated: bursts of scarce capacity, in which every machine, the replacement too, is interrupted much sooner.

Both are scaled to interrupt as many machines within their first hour, on average, as the rate says.
"""

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

HOURS_PER_DAY = 24


class AgeShape(Protocol):
    """Multiplies the rate by the machine's age."""

    @property
    def peak(self) -> float:
        """The largest multiplier."""
        ...

    @property
    def longest_life_hours(self) -> float:
        """Age at which a machine is surely taken; infinite where there is none."""
        ...

    def multiplier(self, age_hours: FloatArray) -> FloatArray:
        """The rate at this age, relative to the rate by hour of day."""
        ...

    def cumulative(self, age_hours: FloatArray) -> FloatArray:
        """Integral of the multiplier from birth to this age, in hours."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Ageless:
    """A machine that does not age: its past says nothing about its future."""

    peak: float = 1.0
    longest_life_hours: float = math.inf

    def multiplier(self, age_hours: FloatArray) -> FloatArray:
        """One."""
        return np.ones_like(age_hours)

    def cumulative(self, age_hours: FloatArray) -> FloatArray:
        """The age itself."""
        return age_hours


@dataclass(frozen=True, slots=True, kw_only=True)
class Bathtub:
    """Many die young, few in their prime, none outlives `longest_life_hours`."""

    infant: float = 4.0
    """Rate at birth relative to the rate in the prime, less one."""
    infancy_hours: float = 0.5
    """Time in which the infant part of the rate falls to a third (1/e)."""
    longest_life_hours: float = 24.0

    @property
    def _prime(self) -> float:
        """Multiplier in the prime: scaled so that the first hour averages one."""
        return 1.0 / (1.0 + self.infant * self.infancy_hours * -math.expm1(-1.0 / self.infancy_hours))

    @property
    def peak(self) -> float:
        """The multiplier at birth."""
        return self._prime * (1.0 + self.infant)

    def multiplier(self, age_hours: FloatArray) -> FloatArray:
        """High at birth, falling to the prime."""
        return self._prime * (1.0 + self.infant * np.exp(-age_hours / self.infancy_hours))

    def cumulative(self, age_hours: FloatArray) -> FloatArray:
        """Integral of the multiplier, in hours."""
        infancy = self.infant * self.infancy_hours * -np.expm1(-age_hours / self.infancy_hours)
        return self._prime * (age_hours + infancy)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bursts:
    """Spells of scarce capacity: a hidden two-state Markov chain that multiplies the rate."""

    severity: float = 8.0
    """Rate in a burst relative to calm."""
    mean_hours: float = 2.0
    """Mean length of a burst."""
    share: float = 0.15
    """Share of the time that is in a burst."""

    def __post_init__(self) -> None:
        if not (self.severity >= 1 and self.mean_hours > 0 and 0 < self.share < 1):
            raise ValueError(f"{self} is not a valid burst: severity >= 1, mean_hours > 0 and share within 0 and 1")

    @property
    def multipliers(self) -> tuple[float, float]:
        """Rate in calm and in burst, relative to the mean over time."""
        calm = 1.0 / (1.0 - self.share + self.share * self.severity)
        return calm, calm * self.severity

    def probability_after(self, burst: FloatArray, elapsed_hours: FloatArray) -> FloatArray:
        """Chance of burst after some time, where `burst` is the chance (or 0 and 1 for the fact) before it."""
        forgetting = 1.0 / (self.mean_hours * (1.0 - self.share))  # sum of both rates of change
        return self.share + (burst - self.share) * np.exp(-forgetting * elapsed_hours)


@dataclass(frozen=True, slots=True, kw_only=True)
class InterruptionModel:
    """Rate of interruption at a time of day, for a machine of some age, in calm or burst."""

    name: str
    rates_per_hour: tuple[float, ...]
    """Interruptions per machine-hour for each of the 24 hours of day, UTC."""
    age_shape: AgeShape = Ageless()
    bursts: Bursts | None = None

    def __post_init__(self) -> None:
        if len(self.rates_per_hour) != HOURS_PER_DAY:
            raise ValueError(f"a rate for each of 24 hours of day is needed; got {len(self.rates_per_hour)}")
        if not all(0 <= rate < math.inf for rate in self.rates_per_hour):
            raise ValueError(f"rates per hour must be finite and not negative; got {self.rates_per_hour}")

    def cumulative_rate(self, clock_hours: FloatArray) -> FloatArray:
        """Integral of the rate by hour of day from midnight to some hours (any number, days included) after it."""
        edges = np.concatenate(([0.0], np.cumsum(self.rates_per_hour)))
        days, hours = np.divmod(clock_hours, HOURS_PER_DAY)
        cumulative: FloatArray = days * edges[-1] + np.interp(hours, np.arange(HOURS_PER_DAY + 1), edges)
        return cumulative

    def rate(self, clock_hours: FloatArray) -> FloatArray:
        """Rate by hour of day alone, per hour."""
        return np.array(self.rates_per_hour, dtype=np.float64)[np.floor(clock_hours % HOURS_PER_DAY).astype(np.intp)]

    def mean_rate(self, start_hour: float, duration_hours: float) -> float:
        """Mean rate per hour over a stretch of the day."""
        ends = self.cumulative_rate(np.array([start_hour, start_hour + max(duration_hours, 1e-9)]))
        return float(ends[1] - ends[0]) / max(duration_hours, 1e-9)


def memoryless(rates_per_hour: tuple[float, ...]) -> InterruptionModel:
    """Interruptions that depend on the hour of day alone."""
    return InterruptionModel(name="memoryless", rates_per_hour=rates_per_hour)


def bathtub(rates_per_hour: tuple[float, ...], shape: Bathtub = Bathtub()) -> InterruptionModel:
    """Interruptions that also depend on the machine's age."""
    return InterruptionModel(name="bathtub", rates_per_hour=rates_per_hour, age_shape=shape)


def correlated(rates_per_hour: tuple[float, ...], bursts: Bursts = Bursts()) -> InterruptionModel:
    """Interruptions that come in bursts."""
    return InterruptionModel(name="correlated", rates_per_hour=rates_per_hour, bursts=bursts)
