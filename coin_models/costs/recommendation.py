"""Chooses the recommended option, with a sentence that says why."""

import math
from collections.abc import Sequence

from coin_models.costs.plan import OptionKind, OptionPlan, RunForecast

_INSURANCE = 1.01  # a guarantee of the deadline is worth one percent
_HARDLY = 0.005  # share of the cost below which a difference is none


def choose(options: Sequence[OptionPlan]) -> OptionPlan | None:
    """The option that trains the most coins; among those the cheapest, or one hardly more expensive that is less often late."""
    nights = [(option, option.night) for option in options if option.night is not None]
    coins = max((option.num_coins for option, _ in nights), default=0)
    nights = [(option, night) for option, night in nights if option.num_coins == coins]
    cheapest = min((night.cost_usd for _, night in nights), default=0.0)
    affordable = [(option, night) for option, night in nights if night.cost_usd <= cheapest * _INSURANCE]
    return min(affordable, key=lambda pair: _risk(*pair), default=(None, None))[0]


def explain(
    chosen: OptionPlan | None, options: Sequence[OptionPlan], *, start_hour: float, deadline_hour: float | None
) -> str:
    """One sentence: what to rent, what it costs, when it is done, and what it has over the alternatives."""
    if chosen is None or chosen.night is None:
        return "Nothing fits: " + "; ".join(f"{option.kind}: {option.why_left_out}" for option in options) + "."
    night = chosen.night
    what = f"{chosen.kind.capitalize()}: {_coins(chosen)} for {usd(night.cost_usd)} USD a night"
    when = f"ready by {clock(start_hour + night.finish_p95_hours)} UTC in 19 of 20 nights"
    others = [_against(chosen, night, other, deadline_hour) for other in options if other.kind is not chosen.kind]
    return "; ".join([f"{what}, {when}", *others]) + "."


def clock(hours: float) -> str:
    """Hours since midnight as a time of day: 26.5 as `02:30 (+1 d)`."""
    if hours == float("inf"):
        return "never"
    days, minutes = divmod(round(hours * 60), 24 * 60)
    return f"{minutes // 60:02d}:{minutes % 60:02d}" + (f" (+{days} d)" if days else "")


def usd(amount: float) -> str:
    """Money with as many decimals as it takes to see it: 12.35, 0.012, 0.00034."""
    if amount == 0 or abs(amount) >= 0.1:
        return f"{amount:,.2f}"
    return f"{amount:.{min(1 - math.floor(math.log10(abs(amount))), 7)}f}"


def _risk(option: OptionPlan, night: RunForecast) -> tuple[float, bool, float]:
    return round(night.miss_probability, 4), option.kind is OptionKind.SPOT, night.cost_usd


def _coins(option: OptionPlan) -> str:
    if option.num_left_out == 0:
        return f"{option.num_coins} coins"
    return f"{option.num_coins} of {option.num_coins + option.num_left_out} coins"


def _against(chosen: OptionPlan, night: RunForecast, other: OptionPlan, deadline_hour: float | None) -> str:
    if other.night is None:
        return f"{other.kind} fits no coin ({other.why_left_out})"
    if other.num_coins < chosen.num_coins:
        return f"{other.kind} fits {other.num_coins} coins ({other.why_left_out})"
    if other.kind is OptionKind.ON_DEMAND:
        return (
            f"{1.0 - night.cost_usd / other.night.cost_usd:.0%} less than on-demand ({usd(other.night.cost_usd)} USD)"
        )
    difference = _difference(other.night.cost_usd - night.cost_usd, night.cost_usd)
    return f"{other.kind} would cost {difference}{_late(other.night, deadline_hour)}"


def _difference(more_usd: float, than_usd: float) -> str:
    if abs(more_usd) < _HARDLY * than_usd:
        return "the same"
    return f"{usd(abs(more_usd))} USD {'more' if more_usd > 0 else 'less'}"


def _late(night: RunForecast, deadline_hour: float | None) -> str:
    if deadline_hour is None or night.miss_probability < 0.0005:
        return ""
    return f" and be late for {clock(deadline_hour)} in {night.miss_probability:.1%} of nights"
