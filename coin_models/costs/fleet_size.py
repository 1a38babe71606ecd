"""How many workers a fleet needs so that its work is done in time, and what they cost. Pure.

Coin-days are independent but for parents, so workers share them evenly, up to the number of shards: runs of one shard come
one after the other. Each worker starts up once. A spot machine that is taken costs its worker the wait for a replacement,
another start and half the time between two checkpoints; interruptions are as frequent as the estimate's mean over the day.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

from coin_models.costs.interrupted_runs.interruptions import HOURS_PER_DAY
from coin_models.costs.interrupted_runs.job import SECONDS_PER_HOUR
from coin_models.costs.request import PlanRequest

_LATE_DEVIATIONS = 1.645  # of the work's spread: in time on 95 of 100 nights


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetOption:
    """Workers of one market."""

    market: str  # spot, on-demand
    num_workers: int
    hours: float  # from the start to the end, with the work's spread
    usd: float  # mean: machine-hours at work; a worker without work ends (--idle-minutes)
    is_in_time: bool

    def to_json(self) -> dict[str, Any]:
        """As `coin-models plan --workers --json` prints it."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetSize:
    """The fleet for some days of all coins."""

    num_coins: int
    num_days: int
    num_shards: int
    deadline_hours: float  # from the start; infinite where there is no deadline
    work_hours: float  # of one machine that is never interrupted
    source: str
    options: tuple[FleetOption, ...]

    def to_json(self) -> dict[str, Any]:
        """As `coin-models plan --workers --json` prints it."""
        deadline = None if math.isinf(self.deadline_hours) else self.deadline_hours
        return {**asdict(self), "deadline_hours": deadline, "options": [option.to_json() for option in self.options]}


def fleet_size(request: PlanRequest, *, num_days: int, num_shards: int) -> FleetSize:
    """The fewest workers of each market that are done by the deadline; as many as can be busy where none are.

    Args:
        request: coins, seconds a coin, prices, interruptions, deadline; `start_hour` is when they start.
        num_days: trading days to make.
        num_shards: runs that can be carried at the same time.

    Raises:
        ValueError: there is nothing to do.
    """
    if num_days < 1 or num_shards < 1:
        raise ValueError(f"{num_days} days in {num_shards} shards: both must be at least 1")
    work_seconds = num_days * request.workload.work_seconds(request.num_coins)
    rate = request.model.mean_rate(request.start_hour, float(HOURS_PER_DAY))
    markets = (
        _Market("spot", rate, request.rent.spot_usd_per_hour),
        _Market("on-demand", 0.0, request.rent.on_demand_usd_per_hour),
    )
    return FleetSize(
        num_coins=request.num_coins,
        num_days=num_days,
        num_shards=num_shards,
        deadline_hours=request.deadline_hours(request.start_hour),
        work_hours=work_seconds / SECONDS_PER_HOUR,
        source=request.workload.source,
        options=tuple(_fewest(request, market, work_seconds, num_shards) for market in markets),
    )


@dataclass(frozen=True, slots=True)
class _Market:
    name: str
    interruptions_per_hour: float
    usd_per_hour: float


def _fewest(request: PlanRequest, market: _Market, work_seconds: float, num_shards: int) -> FleetOption:
    options = [_option(request, market, work_seconds, num_shards, number) for number in range(1, num_shards + 1)]
    return next((option for option in options if option.is_in_time), options[-1])


def _option(
    request: PlanRequest, market: _Market, work_seconds: float, num_shards: int, num_workers: int
) -> FleetOption:
    busiest = work_seconds * math.ceil(num_shards / num_workers) / num_shards  # it carries whole shards
    unsaved = request.job(request.num_coins, request.start_hour).checkpoint_interval_seconds / 2.0
    lost = request.replacement_seconds + request.startup_seconds + (unsaved if market.interruptions_per_hour else 0.0)
    slower = 1.0 + market.interruptions_per_hour * lost / SECONDS_PER_HOUR
    late = _LATE_DEVIATIONS * request.workload.spread * busiest
    hours = (request.startup_seconds + busiest * slower + late) / SECONDS_PER_HOUR
    paid = (num_workers * request.startup_seconds + work_seconds * slower) / SECONDS_PER_HOUR
    return FleetOption(
        market=market.name,
        num_workers=num_workers,
        hours=hours,
        usd=paid * market.usd_per_hour,
        is_in_time=hours <= request.deadline_hours(request.start_hour),
    )
