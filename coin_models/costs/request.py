"""The request for a plan: coins, prices, waits, deadline and budget, checked."""

import math
from dataclasses import dataclass

from coin_models.costs.interrupted_runs.checkpointing import daly_interval_seconds
from coin_models.costs.interrupted_runs.interruptions import HOURS_PER_DAY, InterruptionModel
from coin_models.costs.interrupted_runs.job import SECONDS_PER_HOUR, Job, MachinePrices
from coin_models.costs.workload import Workload
from coin_models.settings.costs import CostSettings, MachinePrice


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRequest:
    """Everything that a plan follows from."""

    num_coins: int
    workload: Workload
    price: MachinePrice
    model: InterruptionModel
    startup_seconds: float
    replacement_seconds: float
    checkpoint_seconds: float
    start_hour: float = 2.0
    """Hour of day, UTC, at which nights normally start."""
    deadline_hour: float | None = None
    """Hour of day, UTC, by which all should be ready."""
    budget_usd: float | None = None
    """Most that a night may cost."""

    def __post_init__(self) -> None:
        problems = []
        if self.num_coins < 1:
            problems.append(f"num_coins ({self.num_coins}) must be at least 1")
        if self.deadline_hour is not None and not 0 <= self.deadline_hour < HOURS_PER_DAY:
            problems.append(f"deadline_hour ({self.deadline_hour}) must be an hour of day")
        if not 0 <= self.start_hour < HOURS_PER_DAY:
            problems.append(f"start_hour ({self.start_hour}) must be an hour of day")
        if self.budget_usd is not None and not self.budget_usd > 0:
            problems.append(f"budget_usd ({self.budget_usd}) must be positive")
        if problems:
            raise ValueError("; ".join(problems))

    @property
    def rent(self) -> MachinePrices:
        """The middle of the prices seen."""
        return MachinePrices(
            spot_usd_per_hour=sum(self.price.spot_usd_per_hour) / 2.0,
            on_demand_usd_per_hour=sum(self.price.on_demand_usd_per_hour) / 2.0,
        )

    def deadline_hours(self, start_hour: float) -> float:
        """Hours from a start to the next deadline; infinite where there is none."""
        if self.deadline_hour is None:
            return math.inf
        return (self.deadline_hour - start_hour) % HOURS_PER_DAY or float(HOURS_PER_DAY)

    def mean_rate(self, num_coins: int, start_hour: float) -> float:
        """Mean interruptions per hour over the undisturbed night."""
        return self.model.mean_rate(start_hour, self.workload.work_seconds(num_coins) / SECONDS_PER_HOUR)

    def job(self, num_coins: int, start_hour: float) -> Job:
        """The work of that many coins, saved as often as is best at that time of day."""
        rate = self.mean_rate(num_coins, start_hour)
        between = SECONDS_PER_HOUR / rate if rate else math.inf
        return Job(
            work_seconds=self.workload.work_seconds(num_coins),
            work_spread=self.workload.spread,
            startup_seconds=self.startup_seconds,
            replacement_seconds=self.replacement_seconds,
            checkpoint_seconds=self.checkpoint_seconds,
            checkpoint_interval_seconds=daly_interval_seconds(self.checkpoint_seconds, between),
        )


def request_from_settings(
    costs: CostSettings,
    *,
    num_coins: int,
    workload: Workload,
    model: InterruptionModel,
    startup_seconds: float | None = None,
    deadline: str | None = None,
    budget_usd: float | None = None,
) -> PlanRequest:
    """A request with prices, waits, deadline and budget from the settings; the arguments win.

    Raises:
        ValueError: the deadline is no time of day, or a figure is impossible.
    """
    return PlanRequest(
        num_coins=num_coins,
        workload=workload,
        price=next(row for row in costs.prices if row.gpu == costs.planned_gpu),
        model=model,
        startup_seconds=costs.startup_seconds if startup_seconds is None else startup_seconds,
        replacement_seconds=costs.replacement_seconds,
        checkpoint_seconds=costs.checkpoint_seconds,
        deadline_hour=hour_of_day(deadline or costs.deadline),
        budget_usd=costs.daily_budget_usd if budget_usd is None else budget_usd,
    )


def hour_of_day(time: str) -> float:
    """`08:30` as 8.5.

    Raises:
        ValueError: it is no time of day.
    """
    hours, colon, minutes = time.partition(":")
    if not (colon and hours.isdigit() and minutes.isdigit() and int(hours) < HOURS_PER_DAY and int(minutes) < 60):
        raise ValueError(f"{time!r} is not a time of day; use HH:MM, such as 08:00")
    return int(hours) + int(minutes) / 60.0
