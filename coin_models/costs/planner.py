"""The planner: which machines to rent, from when, for how many coins, at which cost and risk."""

import math
from collections.abc import Iterator
from dataclasses import replace

from coin_models.costs.interrupted_runs.closed_form import expected_night
from coin_models.costs.interrupted_runs.interruptions import HOURS_PER_DAY, bathtub, correlated, memoryless
from coin_models.costs.options import ACCEPTED_RISK, night_of, options_of
from coin_models.costs.plan import CostPlan, OptionKind, OptionPlan, Sensitivity, StartHour
from coin_models.costs.recommendation import choose, explain
from coin_models.costs.request import PlanRequest

_CLOSED_FORM_TOLERANCE = 0.02
_COARSE_CELLS = 40  # enough to compare start hours and kinds of interruption
_REALITY = (
    "Interruptions are neither memoryless nor independent in reality: the sensitivity shows the same night with "
    "machines that die young (bathtub) and with bursts of scarce capacity (correlated)."
)


def make_cost_plan(request: PlanRequest) -> CostPlan:
    """Plans the nights of a request."""
    options = options_of(request)
    chosen = choose(options)
    start_hours = _start_hours(request, chosen) if chosen else ()
    in_time = [start for start in start_hours if start.miss_probability <= ACCEPTED_RISK]
    return CostPlan(
        num_coins=request.num_coins,
        gpu=request.price.gpu,
        provider=request.price.provider,
        prices_seen=request.price.seen.isoformat(),
        start_hour=request.start_hour,
        deadline_hour=request.deadline_hour,
        budget_usd=request.budget_usd,
        workload=request.workload.source,
        seconds_per_coin=request.workload.seconds_per_coin,
        model=request.model.name,
        options=options,
        recommended=chosen.kind if chosen else None,
        reason=explain(chosen, options, start_hour=request.start_hour, deadline_hour=request.deadline_hour),
        best_start=min(in_time, key=lambda start: (start.cost_usd, start.finish_p95_hours), default=None),
        start_hours=start_hours,
        sensitivity=_sensitivity(request, chosen) if chosen else (),
        notes=_notes(request, options),
    )


def closed_form_note(request: PlanRequest, num_coins: int) -> str | None:
    """Says how far the closed form, which knows one constant rate only, is off on spot; none where it is right."""
    cost_usd = night_of(request, OptionKind.SPOT, num_coins, request.start_hour, num_cells=_COARSE_CELLS).cost_usd
    rate = request.mean_rate(num_coins, request.start_hour)
    closed = expected_night(request.job(num_coins, request.start_hour), rate)
    closed_usd = closed.billed_hours * request.rent.spot_usd_per_hour
    off = closed_usd / cost_usd - 1.0
    if abs(off) <= _CLOSED_FORM_TOLERANCE:
        return None
    return (
        f"The closed form (memoryless, {rate:.2f} interruptions per hour) gives {closed_usd:.2f} USD for spot, "
        f"{abs(off):.0%} {'above' if off > 0 else 'below'} the {cost_usd:.2f} USD of {request.model.name} interruptions"
        " by hour of day."
    )


def _start_hours(request: PlanRequest, chosen: OptionPlan) -> tuple[StartHour, ...]:
    """The night at each whole hour between midnight, when the day's candles are complete, and the deadline."""
    latest = HOURS_PER_DAY if not request.deadline_hour else math.ceil(request.deadline_hour)
    rows = []
    for hour in range(latest):
        outcome = night_of(request, chosen.kind, chosen.num_coins, float(hour), num_cells=_COARSE_CELLS)
        rows.append(
            StartHour(
                hour=hour,
                cost_usd=outcome.cost_usd,
                finish_p95_hours=outcome.finish_quantile_hours(0.95),
                miss_probability=outcome.miss_probability(request.deadline_hours(hour)),
            )
        )
    return tuple(rows)


def _sensitivity(request: PlanRequest, chosen: OptionPlan) -> tuple[Sensitivity, ...]:
    rows = []
    for asked in _other_kinds(request):
        outcome = night_of(asked, chosen.kind, chosen.num_coins, request.start_hour, num_cells=_COARSE_CELLS)
        rows.append(
            Sensitivity(
                model=asked.model.name,
                cost_usd=outcome.cost_usd,
                finish_p95_hours=outcome.finish_quantile_hours(0.95),
                miss_probability=outcome.miss_probability(request.deadline_hours(request.start_hour)),
            )
        )
    return tuple(rows)


def _notes(request: PlanRequest, options: tuple[OptionPlan, ...]) -> tuple[str, ...]:
    general = (*_other_machine(request), _REALITY)
    spot = next(option for option in options if option.kind is OptionKind.SPOT)
    if not spot.num_coins:
        return general
    off = (closed_form_note(asked, spot.num_coins) for asked in _other_kinds(request))
    return (*general, *(note for note in off if note))


def _other_machine(request: PlanRequest) -> Iterator[str]:
    """Says so where seconds of one machine are multiplied by the price of another."""
    measured = request.workload.measured_on
    if measured and request.price.gpu not in measured:
        yield (
            f"The durations were measured on {', '.join(measured)}, the prices are of {request.price.gpu}: a night on the rented "
            "machine takes another time. Train one there, and the plan is made with its seconds."
        )


def _other_kinds(request: PlanRequest) -> list[PlanRequest]:
    """The request under each kind of interruption, at the same rates."""
    return [replace(request, model=build(request.model.rates_per_hour)) for build in (memoryless, bathtub, correlated)]
