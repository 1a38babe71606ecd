"""The report's forecast of the next nightly run: cost and finishing time of each way of renting.

Only the options are computed, 0.1 s: start hours and other kinds of interruption are for `coin-models plan`.
"""

from coin_models.costs.answers import request_tonight
from coin_models.costs.options import options_of
from coin_models.costs.plan import OptionPlan, RunForecast
from coin_models.costs.recommendation import choose, clock, explain, usd
from coin_models.costs.request import PlanRequest
from coin_models.pipeline.services import Services
from coin_models.reporting.report.daily_report import CostForecast, CostForecastLine

_NO_PRICE = (
    "No plan: this machine has no price (costs.price_usd_per_hour is 0). "
    "`coin-models plan` shows what rented machines would cost."
)


def cost_forecast(services: Services, num_coins: int) -> CostForecast:
    """The plan of the next night for that many coins; a sentence where the settings name no price."""
    costs = services.settings.costs
    if costs.price_usd_per_hour == 0 or num_coins < 1:
        return CostForecast(words=_NO_PRICE)
    try:
        request = request_tonight(services.database, costs, services.clock, num_coins=num_coins)
    except ValueError as error:  # nothing was ever timed here, and the settings name no published run
        return CostForecast(words=f"No plan: {error}.")
    options = options_of(request)
    chosen = choose(options)
    return CostForecast(
        words=explain(chosen, options, start_hour=request.start_hour, deadline_hour=request.deadline_hour),
        lines=tuple(
            _line(request, option, option.night, is_recommended=option is chosen)
            for option in options
            if option.night is not None
        ),
        deadline=costs.deadline,
        deadline_hour=request.start_hour + request.deadline_hours(request.start_hour),
    )


def _line(request: PlanRequest, option: OptionPlan, night: RunForecast, *, is_recommended: bool) -> CostForecastLine:
    start = request.start_hour
    ready = clock(start + night.finish_p95_hours)
    return CostForecastLine(
        kind=option.kind.value,
        label=f"{option.kind}: {option.num_coins} coins, {usd(night.cost_usd)} USD, 19 of 20 nights by {ready}",
        cost_usd=night.cost_usd,
        cost_low_usd=night.cost_low_usd,
        cost_high_usd=night.cost_high_usd,
        finish_hour=start + night.finish_p50_hours,
        finish_low_hour=start + night.finish_p05_hours,
        finish_high_hour=start + night.finish_p95_hours,
        is_recommended=is_recommended,
    )
