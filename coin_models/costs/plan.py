"""A plan as a value: the cost and risk of each way of renting, and the recommendation."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum

from coin_models.costs.interrupted_runs.outcome import NightlyRunOutcome

NIGHTS_PER_MONTH = 30
NIGHTS_PER_YEAR = 365


class OptionKind(StrEnum):
    """A way of renting."""

    ON_DEMAND = "on-demand"
    SPOT = "spot"
    SWITCHING = "spot, then on-demand"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunForecast:
    """One night of one option; hours count from its start, money is USD."""

    cost_usd: float
    """Expected, at the middle of the price range."""
    cost_low_usd: float
    """Expected, at the lowest prices seen."""
    cost_high_usd: float
    """Expected, at the highest prices seen."""
    cost_p95_usd: float
    """Not exceeded in 19 of 20 nights, at the middle of the price range; waits charged as if they were billed."""
    finish_p05_hours: float
    finish_p50_hours: float
    finish_p95_hours: float
    miss_probability: float
    """Chance of not being done by the deadline; 0 where there is none."""
    num_interruptions: float
    lost_hours: float
    """Machine time whose work is done again."""
    on_demand_probability: float
    """Chance that an on-demand machine is used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionPlan:
    """What one way of renting can do within budget and deadline."""

    kind: OptionKind
    num_coins: int
    """Coins that fit."""
    num_left_out: int
    why_left_out: str | None
    checkpoint_interval_seconds: float
    """Seconds of work between two checkpoints; infinite: not worth saving."""
    night: RunForecast | None
    """The night with the coins that fit; none where not a single one does."""

    @property
    def monthly_usd(self) -> float | None:
        """Expected cost of thirty nights."""
        return None if self.night is None else self.night.cost_usd * NIGHTS_PER_MONTH

    @property
    def yearly_usd(self) -> float | None:
        """Expected cost of a year."""
        return None if self.night is None else self.night.cost_usd * NIGHTS_PER_YEAR


@dataclass(frozen=True, slots=True, kw_only=True)
class StartHour:
    """One whole hour of day at which the recommended option might start."""

    hour: int
    cost_usd: float
    finish_p95_hours: float
    """After that start."""
    miss_probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Sensitivity:
    """The recommended option, if interruptions were of another kind."""

    model: str
    cost_usd: float
    finish_p95_hours: float
    miss_probability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CostPlan:
    """The options, the recommendation and what to know about both."""

    num_coins: int
    gpu: str
    provider: str
    prices_seen: str
    start_hour: float
    deadline_hour: float | None
    """Hour of day, UTC."""
    budget_usd: float | None
    workload: str
    """Where the durations come from."""
    seconds_per_coin: float
    model: str
    options: tuple[OptionPlan, ...]
    recommended: OptionKind | None
    reason: str
    best_start: StartHour | None
    start_hours: tuple[StartHour, ...]
    sensitivity: tuple[Sensitivity, ...]
    notes: tuple[str, ...]

    def option(self, kind: OptionKind) -> OptionPlan:
        """The option of this kind."""
        return next(option for option in self.options if option.kind is kind)

    @property
    def spot_is_worth_it(self) -> bool:
        """Whether some night on spot machines trains no fewer coins than on-demand and costs less."""
        on_demand = self.option(OptionKind.ON_DEMAND)
        return any(
            option.night is not None
            and option.num_coins >= on_demand.num_coins
            and (on_demand.night is None or option.night.cost_usd < on_demand.night.cost_usd)
            for option in self.options
            if option.kind is not OptionKind.ON_DEMAND
        )

    def to_json(self) -> dict[str, object]:
        """For `--json`: plain values, null where a figure is infinite."""
        options = [
            {**_mapping(option), "monthly_usd": option.monthly_usd, "yearly_usd": option.yearly_usd}
            for option in self.options
        ]
        return {**_mapping(self), "options": options, "spot_is_worth_it": self.spot_is_worth_it}


def run_forecast(
    outcome: NightlyRunOutcome, *, cost_low_usd: float, cost_high_usd: float, deadline_hours: float
) -> RunForecast:
    """The figures of an outcome."""
    return RunForecast(
        cost_usd=outcome.cost_usd,
        cost_low_usd=cost_low_usd,
        cost_high_usd=cost_high_usd,
        cost_p95_usd=outcome.cost_quantile_usd(0.95),
        finish_p05_hours=outcome.finish_quantile_hours(0.05),
        finish_p50_hours=outcome.finish_quantile_hours(0.50),
        finish_p95_hours=outcome.finish_quantile_hours(0.95),
        miss_probability=outcome.miss_probability(deadline_hours),
        num_interruptions=outcome.num_interruptions,
        lost_hours=outcome.lost_hours,
        on_demand_probability=outcome.on_demand_probability,
    )


def _mapping(value: object) -> dict[str, object]:
    return {part.name: _plain(getattr(value, part.name)) for part in fields(value)}  # type: ignore[arg-type]


def _plain(value: object) -> object:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if is_dataclass(value):
        return _mapping(value)
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Mapping) or not isinstance(value, Sequence) or isinstance(value, str):
        return value
    return [_plain(item) for item in value]
