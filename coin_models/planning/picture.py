"""The plan as a picture: cost against finishing time, with intervals.

Belongs here: drawing a `Plan` to PNG bytes. Not here: tables, files.
"""

import io

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from coin_models.planning.plan import OptionKind, OptionPlan, Plan, RunForecast
from coin_models.planning.recommendation import clock, usd

_COLOURS = {OptionKind.ON_DEMAND: "#b2451f", OptionKind.SPOT: "#2a6f97", OptionKind.SWITCHING: "#4c956c"}
_MARKERS = {OptionKind.ON_DEMAND: "s", OptionKind.SPOT: "o", OptionKind.SWITCHING: "D"}


def plan_picture(plan: Plan, *, dpi: int = 120) -> bytes:
    """A PNG: each option at its median finishing time and expected cost.

    Horizontal bars reach from the 5th to the 95th percentile of the finishing time, vertical ones from the lowest to the
    highest prices seen. Deadline and budget are lines; the recommended option has a ring.
    """
    figure = Figure(figsize=(8.0, 5.5), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for option in plan.options:
        if option.night is not None:
            _draw(axes, plan, option, option.night)
    _limits(axes, plan)
    axes.set_xlabel("ready at (UTC): median, bars from 5 % to 95 % of nights", fontsize=9)
    axes.set_ylabel("expected USD a night (bars: lowest to highest prices seen)", fontsize=9)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda hours, _: clock(hours)))
    axes.set_ylim(bottom=0.0)
    axes.set_title(f"{plan.num_coins} coins on {plan.gpu} ({plan.provider}, prices of {plan.prices_seen})", fontsize=11)
    axes.grid(alpha=0.25)
    if axes.get_legend_handles_labels()[0]:
        figure.legend(loc="outside lower center", ncols=2, fontsize=9)
    else:
        axes.text(0.5, 0.5, "nothing fits budget and deadline", transform=axes.transAxes, ha="center")
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=dpi)
    return png.getvalue()


def _draw(axes: Axes, plan: Plan, option: OptionPlan, night: RunForecast) -> None:
    finish, colour = plan.start_hour + night.finish_p50_hours, _COLOURS[option.kind]
    coins = f"{option.num_coins} coins" + (f", {option.num_left_out} left out" if option.num_left_out else "")
    axes.errorbar(
        [finish],
        [night.cost_usd],
        xerr=[[night.finish_p50_hours - night.finish_p05_hours], [night.finish_p95_hours - night.finish_p50_hours]],
        yerr=[[night.cost_usd - night.cost_low_usd], [night.cost_high_usd - night.cost_usd]],
        fmt=_MARKERS[option.kind],
        markersize=12 if option.kind is OptionKind.SPOT else 7,  # two options often coincide: both must show
        markerfacecolor="none" if option.kind is OptionKind.SPOT else colour,
        capsize=4,
        color=colour,
        alpha=0.85,
        label=f"{option.kind}: {usd(night.cost_usd)} USD, {coins}",
    )
    if option.kind is plan.recommended:
        axes.scatter([finish], [night.cost_usd], s=420, facecolors="none", edgecolors=colour, linewidths=1.5)
        axes.annotate(
            "recommended", (finish, night.cost_usd), textcoords="offset points", xytext=(16, 12), color=colour
        )


def _limits(axes: Axes, plan: Plan) -> None:
    if plan.deadline_hour is not None:
        deadline = plan.start_hour + ((plan.deadline_hour - plan.start_hour) % 24 or 24)
        axes.axvline(deadline, color="#555555", linestyle="--", linewidth=1, label=f"deadline {clock(deadline)}")
    if plan.budget_usd is not None:
        axes.axhline(
            plan.budget_usd, color="#555555", linestyle=":", linewidth=1, label=f"budget {usd(plan.budget_usd)} USD"
        )
