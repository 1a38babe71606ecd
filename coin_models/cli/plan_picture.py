"""The plan as a picture: expected cost against finishing time, with intervals, as an SVG file."""

from collections.abc import Iterator
from typing import Final

from coin_models.costs.plan import CostPlan, OptionKind, OptionPlan, RunForecast
from coin_models.costs.recommendation import clock, usd
from coin_models.reporting.report.svg import Scale, box, dot, line, picture, text

_WIDTH: Final = 800.0
_HEIGHT: Final = 560.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 80.0, 770.0, 66.0, 420.0  # edges of the plot in pixels
_NUM_TICKS: Final = 5
_ROOM: Final = 0.08  # share of the span that is left free beside the outermost marks
_CLASSES = {OptionKind.ON_DEMAND: "on-demand", OptionKind.SPOT: "spot", OptionKind.SWITCHING: "switching"}
_STYLE: Final = """
svg { background: #fff; font-family: sans-serif; } text { font-size: 12px; fill: #333; } .title { font-size: 15px; }
.axis { stroke: #333; } .grid { stroke: #e3e5e8; } .limit { stroke: #555; stroke-dasharray: 5 3; }
.on-demand { fill: #b2451f; stroke: #b2451f; } .spot { fill: #2a6f97; stroke: #2a6f97; }
.switching { fill: #4c956c; stroke: #4c956c; } line.on-demand, line.spot, line.switching { stroke-width: 2; }
.ring { fill: none; stroke: #333; stroke-width: 1.5; }
"""


def plan_picture(plan: CostPlan) -> str:
    """The SVG: each option at its median finishing time and expected cost.

    Horizontal bars reach from the 5th to the 95th percentile of the finishing time, vertical ones from the lowest to the
    highest prices seen. Deadline and budget are lines; the recommended option has a ring.
    """
    shown = [(option, option.night) for option in plan.options if option.night is not None]
    title = f"{plan.num_coins} coins on {plan.gpu} ({plan.provider}, prices of {plan.prices_seen})"
    parts = [text(_WIDTH / 2, 28, title, "title", anchor="middle")]
    if shown:
        x, y = _scales(plan, [night for _, night in shown])
        parts += [*_axes(x, y), *_limits(plan, x, y)]
        parts += [part for option, night in shown for part in _mark(plan, option, night, x, y)]
        parts += [part for row, (option, night) in enumerate(shown) for part in _legend(row, option, night)]
    else:
        parts.append(text(_WIDTH / 2, _HEIGHT / 2, "nothing fits budget and deadline", anchor="middle"))
    return picture(_WIDTH, _HEIGHT, title, parts, style=_STYLE)


def _deadline(plan: CostPlan) -> float | None:
    """Hours of the day of the start, beyond 24 on the day after."""
    if plan.deadline_hour is None:
        return None
    return plan.start_hour + ((plan.deadline_hour - plan.start_hour) % 24 or 24)


def _scales(plan: CostPlan, nights: list[RunForecast]) -> tuple[Scale, Scale]:
    ends = [plan.start_hour + hours for night in nights for hours in (night.finish_p05_hours, night.finish_p95_hours)]
    deadline = _deadline(plan)
    hours = [*ends, *([deadline] if deadline is not None else [])]
    costs = [night.cost_high_usd for night in nights] + [plan.budget_usd or 0.0]
    room = (max(hours) - min(hours)) * _ROOM or 0.1
    return (
        Scale(low=min(hours) - room, high=max(hours) + room, start=_LEFT, end=_RIGHT),
        Scale(low=0.0, high=max(costs) * (1 + _ROOM) or 1.0, start=_BOTTOM, end=_TOP),
    )


def _axes(x: Scale, y: Scale) -> Iterator[str]:
    for tick in range(_NUM_TICKS + 1):
        hour = x.low + (x.high - x.low) * tick / _NUM_TICKS
        cost = y.high * tick / _NUM_TICKS
        yield line(x(hour), _TOP, x(hour), _BOTTOM, "grid")
        yield line(_LEFT, y(cost), _RIGHT, y(cost), "grid")
        yield text(x(hour), _BOTTOM + 18, clock(hour), anchor="middle")
        yield text(_LEFT - 8, y(cost) + 4, usd(cost), anchor="end")
    yield line(_LEFT, _BOTTOM, _RIGHT, _BOTTOM, "axis")
    yield line(_LEFT, _TOP, _LEFT, _BOTTOM, "axis")
    yield text(_LEFT, _TOP - 8, "expected USD a night (bars: lowest to highest prices seen)")
    yield text(_RIGHT, _BOTTOM + 38, "ready at (UTC): median, bars from 5 % to 95 % of nights", anchor="end")


def _limits(plan: CostPlan, x: Scale, y: Scale) -> Iterator[str]:
    deadline = _deadline(plan)
    if deadline is not None:
        yield line(x(deadline), _TOP, x(deadline), _BOTTOM, "limit")
        yield text(x(deadline) - 6, _TOP + 14, f"deadline {clock(deadline)}", anchor="end")
    if plan.budget_usd is not None:
        yield line(_LEFT, y(plan.budget_usd), _RIGHT, y(plan.budget_usd), "limit")
        yield text(_LEFT + 6, y(plan.budget_usd) - 6, f"budget {usd(plan.budget_usd)} USD")


def _mark(plan: CostPlan, option: OptionPlan, night: RunForecast, x: Scale, y: Scale) -> Iterator[str]:
    css, middle = _CLASSES[option.kind], plan.start_hour + night.finish_p50_hours
    low, high = plan.start_hour + night.finish_p05_hours, plan.start_hour + night.finish_p95_hours
    yield line(x(low), y(night.cost_usd), x(high), y(night.cost_usd), css)
    yield line(x(middle), y(night.cost_low_usd), x(middle), y(night.cost_high_usd), css)
    yield dot(x(middle), y(night.cost_usd), 6, css, hint=_words(option, night))
    if option.kind is plan.recommended:
        yield dot(x(middle), y(night.cost_usd), 12, "ring")
        yield text(x(middle) + 16, y(night.cost_usd) - 10, "recommended")


def _legend(row: int, option: OptionPlan, night: RunForecast) -> Iterator[str]:
    top = _BOTTOM + 62 + 22 * row
    yield box(_LEFT, top, 12, 12, _CLASSES[option.kind])
    yield text(_LEFT + 20, top + 10, _words(option, night))


def _words(option: OptionPlan, night: RunForecast) -> str:
    left_out = f", {option.num_left_out} left out" if option.num_left_out else ""
    return f"{option.kind}: {usd(night.cost_usd)} USD, {option.num_coins} coins{left_out}"
