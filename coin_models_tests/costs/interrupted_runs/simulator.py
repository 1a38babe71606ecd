"""Simulates nightly runs, one interruption after the other, to check every formula.

The simulation is vectorised, in continuous time, for any `InterruptionModel`. It uses thinning: candidates come at a
constant rate that is never exceeded, and each is kept with the probability that the true rate gives it (Lewis and
Shedler, Naval Research Logistics 26, 1979). The planner does not use it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from coin_models.costs.interrupted_runs.interruptions import FloatArray, InterruptionModel
from coin_models.costs.interrupted_runs.job import SECONDS_PER_HOUR, Job, MachinePrices, NightlyRun
from coin_models.costs.interrupted_runs.switching import safe_moment

IntArray = npt.NDArray[np.intp]

_SLOWEST_CANDIDATES = 1e-9  # per hour: no candidate lies at infinity, and thinning makes up for what is too many


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SimulatedRuns:
    """What happened in each night; hours count from the night's start."""

    finish_hours: FloatArray  # (nights,) infinite where the night did not end within the steps allowed
    cost_usd: FloatArray  # (nights,)
    num_interruptions: FloatArray  # (nights,)
    lost_hours: FloatArray  # (nights,) machine time whose work was done again
    used_on_demand: npt.NDArray[np.bool_]  # (nights,)


def simulate_nights(
    job: Job,
    night: NightlyRun,
    rent: MachinePrices,
    model: InterruptionModel,
    *,
    num_nights: int,
    rng: np.random.Generator,
    max_steps: int = 100_000,
) -> SimulatedRuns:
    """Draws independent nights on spot machines, with a switch to on-demand where `night.switches`."""
    fleet = _Fleet(job, night, model, num_nights, rng)
    steps = 0
    while len(fleet.active) and steps < max_steps:
        fleet.step()
        steps += 1
    return SimulatedRuns(
        finish_hours=fleet.finish,
        cost_usd=fleet.spot * rent.spot_usd_per_hour + fleet.on_demand * rent.on_demand_usd_per_hour,
        num_interruptions=fleet.interruptions,
        lost_hours=fleet.lost,
        used_on_demand=fleet.on_demand > 0,
    )


class _Fleet:
    """All nights at once; `active` are those whose job is not done."""

    def __init__(
        self, job: Job, night: NightlyRun, model: InterruptionModel, num_nights: int, rng: np.random.Generator
    ) -> None:
        self._job, self._night, self._model, self._rng = job, night, model, rng
        self._startup = job.startup_seconds / SECONDS_PER_HOUR
        self._wait = job.replacement_seconds / SECONDS_PER_HOUR
        severest = max(model.bursts.multipliers) if model.bursts else 1.0
        self._bound = max(max(model.rates_per_hour) * model.age_shape.peak * severest, _SLOWEST_CANDIDATES)
        self.active: IntArray = np.arange(num_nights)
        work = job.work_quantile_seconds(rng.random(num_nights))
        self._remaining = work * job.slowdown / SECONDS_PER_HOUR
        self._rented, self._cursor = np.zeros(num_nights), np.zeros(num_nights)
        self._burst = rng.random(num_nights) < model.bursts.share if model.bursts else np.zeros(num_nights, dtype=bool)
        self.finish = np.full(num_nights, np.inf)
        self.spot, self.on_demand = np.zeros(num_nights), np.zeros(num_nights)
        self.interruptions, self.lost = np.zeros(num_nights), np.zeros(num_nights)
        if night.switches:
            self._switch(self.active, np.zeros(num_nights), np.zeros(num_nights))

    def step(self) -> None:
        """To each active night's next candidate, the end of its job or the end of its machine's life."""
        nights = self.active
        candidate = self._cursor[nights] + self._rng.standard_exponential(len(nights)) / self._bound
        end = self._rented[nights] + self._startup + self._remaining[nights]
        wall = self._rented[nights] + self._model.age_shape.longest_life_hours
        stop = np.minimum(np.minimum(candidate, end), wall)
        done = stop == end
        self.finish[nights[done]] = end[done]
        self.spot[nights[done]] += end[done] - self._rented[nights[done]]
        self._weather(nights[~done], stop[~done])
        taken = ~done & ((stop == wall) | self._kept(nights, stop))
        self._take(nights[taken], stop[taken])
        self.active = self.active[np.isinf(self.finish[self.active])]

    def _kept(self, nights: IntArray, moment: FloatArray) -> npt.NDArray[np.bool_]:
        rate = self._model.rate(self._night.start_hour + moment)
        rate = rate * self._model.age_shape.multiplier(moment - self._rented[nights])
        if self._model.bursts:
            rate = rate * np.where(self._burst[nights], *self._model.bursts.multipliers[::-1])
        return self._rng.random(len(nights)) * self._bound < rate

    def _weather(self, nights: IntArray, moment: FloatArray) -> None:
        """Moves these nights' time, and whether it bursts then."""
        if self._model.bursts:
            before = self._burst[nights].astype(float)
            chance = self._model.bursts.probability_after(before, moment - self._cursor[nights])
            self._burst[nights] = self._rng.random(len(nights)) < chance
        self._cursor[nights] = moment

    def _take(self, nights: IntArray, moment: FloatArray) -> None:
        trained = np.maximum(moment - self._rented[nights] - self._startup, 0.0)
        saved = np.zeros_like(trained)
        if np.isfinite(self._job.segment_hours):
            saved = self._job.segment_hours * np.floor(trained / self._job.segment_hours)
        self._remaining[nights] -= saved
        self.lost[nights] += trained - saved
        self.spot[nights] += moment - self._rented[nights]
        self.interruptions[nights] += 1
        self._weather(nights, moment + self._wait)
        self._rented[nights] = moment + self._wait
        if self._night.switches:
            self._switch(nights, moment, moment + self._wait)

    def _switch(self, nights: IntArray, now: FloatArray, rented: FloatArray) -> None:
        """On-demand takes over, now, where a spot machine rented after the wait would be too late to be safe."""
        rule = safe_moment(self._job, self._night.deadline_hours)
        unsafe = rule.has_passed(rented, self._remaining[nights])
        chosen = nights[unsafe]
        self.on_demand[chosen] = self._startup + self._remaining[chosen]
        self.finish[chosen] = now[unsafe] + self.on_demand[chosen]
        self.active = self.active[np.isinf(self.finish[self.active])]
