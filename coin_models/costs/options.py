"""The options of a plan: what each way of renting can do within a hard budget and a hard deadline.

Hard means: an option holds only as many coins as are ready by the deadline, and within the budget, in at least 19 of 20
nights. (`retrain` enforces the budget in the twentieth: it starts no cohort beyond it.)
"""

import math
from collections.abc import Callable
from dataclasses import replace

from coin_models.costs.interrupted_runs.job import MachinePrices, NightlyRun
from coin_models.costs.interrupted_runs.outcome import NightlyRunOutcome
from coin_models.costs.interrupted_runs.renewal import FINE_CELLS, on_demand_night, spot_night
from coin_models.costs.plan import OptionKind, OptionPlan, RunForecast, run_forecast
from coin_models.costs.request import PlanRequest

ACCEPTED_RISK = 0.05
"""Share of nights that may miss the deadline or exceed the budget."""


def options_of(request: PlanRequest) -> tuple[OptionPlan, ...]:
    """Every option that the request allows: a switch at the latest safe moment needs a deadline."""
    kinds = [kind for kind in OptionKind if kind is not OptionKind.SWITCHING or request.deadline_hour is not None]
    return tuple(_option(request, kind) for kind in kinds)


def night_of(
    request: PlanRequest, kind: OptionKind, num_coins: int, start_hour: float, *, num_cells: int = FINE_CELLS
) -> NightlyRunOutcome:
    """One night of one option."""
    job = request.job(num_coins, start_hour)
    if kind is OptionKind.ON_DEMAND:
        return on_demand_night(replace(job, checkpoint_interval_seconds=math.inf), request.rent)
    switches = kind is OptionKind.SWITCHING
    night = NightlyRun(start_hour=start_hour, deadline_hours=request.deadline_hours(start_hour), switches=switches)
    return spot_night(job, night, request.rent, request.model, num_cells=num_cells)


def most_that_fit(limit: int, fits: Callable[[int], bool]) -> int:
    """The largest number below `limit`, or 0, that fits, found by bisection: what fits for many fits for fewer."""
    low, high = 0, limit
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def _option(request: PlanRequest, kind: OptionKind) -> OptionPlan:
    def problem(num_coins: int) -> str | None:
        return _problem(request, night_of(request, kind, num_coins, request.start_hour), num_coins)

    num_coins, why = request.num_coins, problem(request.num_coins)
    if why is not None:
        num_coins = most_that_fit(request.num_coins, lambda coins: problem(coins) is None)
        why = problem(num_coins + 1)
    job = request.job(max(num_coins, 1), request.start_hour)
    return OptionPlan(
        kind=kind,
        num_coins=num_coins,
        num_left_out=request.num_coins - num_coins,
        why_left_out=why,
        checkpoint_interval_seconds=math.inf if kind is OptionKind.ON_DEMAND else job.checkpoint_interval_seconds,
        night=_figures(request, kind, num_coins) if num_coins else None,
    )


def _figures(request: PlanRequest, kind: OptionKind, num_coins: int) -> RunForecast:
    outcome = night_of(request, kind, num_coins, request.start_hour)
    spot, on_demand = request.price.spot_usd_per_hour, request.price.on_demand_usd_per_hour
    return run_forecast(
        outcome,
        cost_low_usd=outcome.cost_at_usd(MachinePrices(spot_usd_per_hour=spot[0], on_demand_usd_per_hour=on_demand[0])),
        cost_high_usd=outcome.cost_at_usd(
            MachinePrices(spot_usd_per_hour=spot[1], on_demand_usd_per_hour=on_demand[1])
        ),
        deadline_hours=request.deadline_hours(request.start_hour),
    )


def _problem(request: PlanRequest, outcome: NightlyRunOutcome, num_coins: int) -> str | None:
    """Why that many coins do not fit into a night."""
    missed = outcome.miss_probability(request.deadline_hours(request.start_hour))
    if missed > ACCEPTED_RISK:
        return f"deadline: {num_coins} coins would be late in {missed:.1%} of nights, {ACCEPTED_RISK:.0%} are accepted"
    usd = max(outcome.cost_usd, outcome.cost_quantile_usd(1.0 - ACCEPTED_RISK))
    if request.budget_usd is not None and usd > request.budget_usd:
        return (
            f"budget: {num_coins} coins would cost up to {usd:.3f} USD a night, {request.budget_usd:.3f} may be spent"
        )
    return None
