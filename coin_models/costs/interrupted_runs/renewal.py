"""Solves the nightly run by a renewal equation: its future depends only on the state when a machine is interrupted.

Works on a grid of time and remaining work, for any `InterruptionModel`. Also holds the uninterrupted on-demand run.
`simulator.py` checks it.

Each time a machine is rented, the state is (time, work left, calm or burst). The model gives the probability that the
machine is interrupted at each age. An interruption leads to a later time with less work; otherwise the machine finishes
first. Probability is moved forward through time, one cell of the grid after the other; between cells it is divided
linearly, which keeps means exact. The grid is fine enough for quantiles within one percent of the work.
"""

import math
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from coin_models.costs.interrupted_runs.interruptions import FloatArray, InterruptionModel
from coin_models.costs.interrupted_runs.job import SECONDS_PER_HOUR, Job, MachinePrices, NightlyRun
from coin_models.costs.interrupted_runs.outcome import NightlyRunOutcome
from coin_models.costs.interrupted_runs.switching import SafeMoment

FINE_CELLS = 80
"""Cells of the undisturbed night, for figures within one percent."""
_LONGEST_CELL_HOURS = 0.15  # bursts take several machines within an hour: long jobs need more cells
_MOST_CELLS = 240
_MOST_STATES = (
    360  # of the longest night: where some take ten times the mean, the matrix of all moves would take minutes
)
_NEGLIGIBLE = 1e-7
_CHUNK = 128  # times whose chances are computed together: few nights need all of them
_LONGEST_NIGHT = 40  # times the undisturbed job and a wait: what is not done by then counts as never done


def on_demand_night(job: Job, rent: MachinePrices) -> NightlyRunOutcome:
    """The night on a machine without interruptions."""
    hours = job.startup_seconds / SECONDS_PER_HOUR + job.productive_hours()
    weights = np.full(len(hours), 1.0 / len(hours))
    return NightlyRunOutcome(
        finish_hours=hours,
        cost_at_most_usd=hours * rent.on_demand_usd_per_hour,
        weights=weights,
        cost_usd=float(hours.mean()) * rent.on_demand_usd_per_hour,
        spot_hours=0.0,
        on_demand_hours=float(hours.mean()),
        num_interruptions=0.0,
        lost_hours=0.0,
        on_demand_probability=1.0,
    )


def spot_night(
    job: Job, night: NightlyRun, rent: MachinePrices, model: InterruptionModel, *, num_cells: int = FINE_CELLS
) -> NightlyRunOutcome:
    """The night on spot machines, with on-demand taking over at the latest safe moment where `night.switches`."""
    grid = _Grid.of(job, night, num_cells)
    moves = _moves(grid)
    mass = np.zeros((grid.num_times + moves.reach + 1, grid.num_states, 1 if model.bursts is None else 2))
    mass[0] = grid.first_mass[:, None] * _regime_shares(model)
    after_wait = _regime_changes(model, grid.wait * grid.cell_hours)
    tally = _Tally(grid=grid, rent=rent)
    for time in range(grid.num_times):
        if time % _CHUNK == 0:
            deaths = _deaths(grid, night.start_hour + time * grid.cell_hours, model)
        at_risk = tally.take_over(time, mass[time]) if night.switches else mass[time]
        if at_risk.sum() > 1e-15:
            dead = np.einsum("jr,ras->jas", at_risk, deaths[time % _CHUNK]) * grid.part[:, :, None]
            tally.run(time, at_risk.sum(axis=1), dead.sum(axis=2), moves)
            moved = moves.matrix @ dead.reshape(-1, dead.shape[-1])
            moved = moved.reshape(moves.reach, grid.num_states, -1) @ after_wait
            mass[time + 1 : time + 1 + moves.reach] += moved
        if tally.finished > 1.0 - _NEGLIGIBLE:
            break
    return tally.outcome()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Grid:
    """Time and remaining work, both in cells of `cell_hours`."""

    cell_hours: float
    startup: float
    wait: float
    segment: float
    safe: SafeMoment
    num_times: int
    first_mass: FloatArray  # (states,) probability of the night's work, by remaining cells
    need: FloatArray  # (states,) machine time to the end, start-up included
    part: FloatArray  # (states, ages) share of each cell of age for which the machine is needed

    @property
    def num_states(self) -> int:
        return len(self.need)

    @classmethod
    def of(cls, job: Job, night: NightlyRun, num_cells: int) -> "_Grid":
        hours = job.productive_hours()
        startup_hours, wait_hours = job.startup_seconds / SECONDS_PER_HOUR, job.replacement_seconds / SECONDS_PER_HOUR
        work_hours = float(hours.mean())
        by_length = min(_MOST_CELLS, math.ceil(work_hours / _LONGEST_CELL_HOURS))
        coarse = max(
            (startup_hours + work_hours) / max(num_cells, by_length),
            wait_hours / _MOST_CELLS,
            float(hours.max()) / _MOST_STATES,
        )
        # A whole number of cells, so that nothing blurs an undisturbed night; but work of seconds after a start-up of
        # minutes would make cells by the thousand (a night of 0.02 s took three minutes to plan).
        cell = work_hours / math.ceil(work_hours / coarse) if 2 * work_hours > coarse else coarse
        startup, wait = startup_hours / cell, wait_hours / cell
        first_mass = _shared_out(hours / cell)
        need = startup + np.arange(len(first_mass), dtype=np.float64)
        ages = np.arange(math.ceil(need[-1]))
        return cls(
            cell_hours=cell,
            startup=startup,
            wait=wait,
            segment=job.segment_hours / cell,
            safe=SafeMoment(startup=startup, segment=job.segment_hours / cell, deadline=night.deadline_hours / cell),
            num_times=math.ceil(_LONGEST_NIGHT * (need[-1] + wait)),
            first_mass=first_mass,
            need=need,
            part=np.clip(need[:, None] - ages, 0.0, 1.0),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Moves:
    """Where a machine's loss leads."""

    matrix: csr_array  # (reach * states, states * ages): how many cells later, less one, with how much work
    reach: int
    age: FloatArray  # (states, ages) at the loss, cells
    redone: FloatArray  # (states, ages) work done and not saved, cells


def _moves(grid: _Grid) -> _Moves:
    states = np.arange(grid.num_states)[:, None] * np.ones_like(grid.part)
    begin = np.arange(grid.part.shape[1]) * np.ones_like(grid.part)
    age = begin + grid.part / 2.0
    trained, ended = np.maximum(begin - grid.startup, 0.0), np.maximum(begin + grid.part - grid.startup, 0.0)
    width = np.where(grid.part > 0, grid.part, 1.0)
    saved = (_saved_integral(ended, grid.segment) - _saved_integral(trained, grid.segment)) / width
    done = (ended**2 - trained**2) / 2.0 / width
    later = np.maximum(age + grid.wait, 1.0)
    matrix, reach = _shares(later - 1.0, np.maximum(states - saved, 0.0), grid.part > 0, grid.num_states)
    return _Moves(matrix=matrix, reach=reach, age=age, redone=done - saved)


def _shares(
    later: FloatArray, remaining: FloatArray, possible: npt.NDArray[np.bool_], num_states: int
) -> tuple[csr_array, int]:
    """The sparse matrix that shares each (state, age) out over its four neighbouring cells."""
    source = np.flatnonzero(possible)
    time, work = later.ravel()[source], remaining.ravel()[source]
    time_cell, work_cell = np.floor(time).astype(int), np.minimum(np.floor(work).astype(int), num_states - 1)
    rows, columns, values = [], [], []
    for time_step, time_share in ((0, 1.0 - (time - time_cell)), (1, time - time_cell)):
        for work_step, work_share in ((0, 1.0 - (work - work_cell)), (1, work - work_cell)):
            rows.append((time_cell + time_step) * num_states + np.minimum(work_cell + work_step, num_states - 1))
            columns.append(source)
            values.append(time_share * work_share)
    reach = int(time_cell.max()) + 2
    shape = (reach * num_states, later.size)
    return csr_array((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=shape), reach


def _saved_integral(trained: FloatArray, segment: float) -> FloatArray:
    """Integral over the trained time of what is saved by then: whole segments."""
    if math.isinf(segment):
        return np.zeros_like(trained)
    segments = np.floor(trained / segment)
    return segment**2 * segments * (segments - 1.0) / 2.0 + segment * segments * (trained - segments * segment)


def _shared_out(positions: FloatArray) -> FloatArray:
    """Equal probabilities at real positions, shared out linearly over the whole numbers beside them."""
    cell = np.floor(positions + 1e-9).astype(int)
    upper = np.maximum(positions - cell, 0.0)
    mass = np.bincount(cell, 1.0 - upper, minlength=cell.max() + 2) + np.bincount(
        cell + 1, upper, minlength=cell.max() + 2
    )
    return np.trim_zeros(mass / len(positions), "b")


def _regime_shares(model: InterruptionModel) -> FloatArray:
    """(regimes,) chance of calm and burst at a moment unknown."""
    return np.array([1.0]) if model.bursts is None else np.array([1.0 - model.bursts.share, model.bursts.share])


def _regime_changes(model: InterruptionModel, hours: float) -> FloatArray:
    """(regimes, regimes) chance of each regime after some hours, given the one before."""
    if model.bursts is None:
        return np.ones((1, 1))
    burst = model.bursts.probability_after(np.array([0.0, 1.0]), np.array(hours))
    return np.stack([1.0 - burst, burst], axis=1)


def _deaths(grid: _Grid, clock_hours: float, model: InterruptionModel) -> FloatArray:
    """(times, regimes, ages, regimes) chance that a machine rented then is taken in each cell of its age."""
    num_ages = grid.part.shape[1]
    edges = np.arange(_CHUNK + num_ages + 1) * grid.cell_hours
    by_clock = np.diff(model.cumulative_rate(clock_hours + edges))
    by_age = np.diff(model.age_shape.cumulative(edges[: num_ages + 1])) / grid.cell_hours
    by_regime = np.array([1.0]) if model.bursts is None else np.array(model.bursts.multipliers)
    half = _regime_changes(model, grid.cell_hours / 2.0)
    alive = np.broadcast_to(np.eye(len(by_regime)), (_CHUNK, len(by_regime), len(by_regime))).copy()
    deaths = np.empty((_CHUNK, len(by_regime), num_ages, len(by_regime)))
    for age in range(num_ages):
        met = alive @ half
        hazard = by_clock[age : age + _CHUNK, None] * by_age[age] * by_regime
        hazard[:] = np.inf if edges[age + 1] > model.age_shape.longest_life_hours else hazard
        dead = met * -np.expm1(-hazard)[:, None, :]
        deaths[:, :, age, :] = dead @ half
        alive = (met - dead) @ half
    return deaths


@dataclass(slots=True, kw_only=True, eq=False)
class _Tally:
    """Adds up what the night costs while probability is moved through it; in cells until the outcome."""

    grid: _Grid
    rent: MachinePrices
    finished: float = 0.0
    spot: float = 0.0
    on_demand: float = 0.0
    interruptions: float = 0.0
    redone: float = 0.0
    switched: float = 0.0
    cases: list[tuple[FloatArray, FloatArray, FloatArray]] = field(default_factory=list)

    def take_over(self, time: int, mass: FloatArray) -> FloatArray:
        """On-demand machines finish what is no longer safe on spot; returns the rest."""
        remaining = np.arange(self.grid.num_states, dtype=float)
        unsafe = self.grid.safe.has_passed(np.full_like(remaining, time), remaining)
        weights = np.where(unsafe, mass.sum(axis=1), 0.0)
        begin = max(time - self.grid.wait, 0.0) if time else 0.0  # at the loss: there is no waiting for on-demand
        finish = begin + self.grid.need
        if time:  # the rule guarantees it; sharing out over the grid would blur it
            finish = np.minimum(finish, self.grid.safe.deadline)
        self.on_demand += float(weights @ self.grid.need)
        self.switched += float(weights.sum())
        spot_usd, on_demand_usd = self.rent.spot_usd_per_hour, self.rent.on_demand_usd_per_hour
        self._add(finish, begin * spot_usd + self.grid.need * on_demand_usd, weights)
        return np.where(unsafe[:, None], 0.0, mass)

    def run(self, time: int, at_risk: FloatArray, dead: FloatArray, moves: _Moves) -> None:
        """Spot machines rented now: some finish, the others are taken."""
        finished = np.maximum(at_risk - dead.sum(axis=1), 0.0)
        self.spot += float((dead * moves.age).sum() + finished @ self.grid.need)
        self.interruptions += float(dead.sum())
        self.redone += float((dead * moves.redone).sum())
        finish = time + self.grid.need
        self._add(finish, finish * self.rent.spot_usd_per_hour, finished)

    def _add(self, finish: FloatArray, cost: FloatArray, weights: FloatArray) -> None:
        keep = weights > 1e-12
        self.cases.append((finish[keep], cost[keep], weights[keep]))
        self.finished += float(weights.sum())

    def outcome(self) -> NightlyRunOutcome:
        """The whole night, in hours and USD."""
        cell = self.grid.cell_hours
        finish, cost, weights = (np.concatenate(column) for column in zip(*self.cases, strict=True))
        money = self.spot * self.rent.spot_usd_per_hour + self.on_demand * self.rent.on_demand_usd_per_hour
        return NightlyRunOutcome(
            finish_hours=finish * cell,
            cost_at_most_usd=cost * cell,
            weights=weights,
            cost_usd=money * cell,
            spot_hours=self.spot * cell,
            on_demand_hours=self.on_demand * cell,
            num_interruptions=self.interruptions,
            lost_hours=self.redone * cell,
            on_demand_probability=self.switched,
        )
