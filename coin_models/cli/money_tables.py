"""Renders plans and costs as tables."""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from coin_models.cli.wide_tables import print_table
from coin_models.costs.fleet_size import FleetSize
from coin_models.costs.ledger.ledger import CostLine
from coin_models.costs.plan import CostPlan, OptionPlan, RunForecast, StartHour
from coin_models.costs.published import PublishedCost
from coin_models.costs.recommendation import clock, usd


def print_cost_plan(
    console: Console, plan: CostPlan, published: Sequence[PublishedCost], *, longest_unsaved_seconds: float
) -> None:
    """The options, the recommendation and its reason, what is left out, when to start, and how far to trust it.

    `longest_unsaved_seconds` is the setting's: how seldom `retrain` saves at most, whatever would be best.
    """
    budget = "" if plan.budget_usd is None else f", for at most {usd(plan.budget_usd)} USD"
    ready = "" if plan.deadline_hour is None else f", ready by {clock(plan.deadline_hour)}"
    console.print(f"[bold]{plan.num_coins} coins a night[/] from {clock(plan.start_hour)} UTC{ready}{budget}")
    console.print(f"machine: {plan.gpu} of {plan.provider}, prices of {plan.prices_seen}", markup=False)
    console.print(f"durations: {plan.workload}; {plan.seconds_per_coin:,.3g} s a coin\n", markup=False)
    console.print(_options(plan))
    console.print(f"\n[bold]{escape(plan.reason)}[/]")
    if plan.recommended is not None and (why := plan.option(plan.recommended).why_left_out):
        console.print(f"{plan.option(plan.recommended).num_left_out} coins are left out: {why}.", markup=False)
    if plan.best_start is not None:
        console.print(_start(plan, plan.best_start))
    if plan.sensitivity:
        console.print()
        console.print(_sensitivity(plan))
    for note in (*plan.notes, *_saved_sooner(plan, longest_unsaved_seconds)):
        console.print(f"[dim]{escape(note)}[/]")
    console.print()
    for claim in published:
        console.print(_published(claim))


def print_fleet_size(console: Console, fleet: FleetSize) -> None:
    """The workers of each market, whether they are done in time, and what they cost."""
    ready = "" if math.isinf(fleet.deadline_hours) else f", ready within {fleet.deadline_hours:.1f} h"
    console.print(f"[bold]{fleet.num_coins} coins on {fleet.num_days} day(s)[/], {fleet.num_shards} shard(s){ready}")
    console.print(f"durations: {fleet.source}; {fleet.work_hours:,.1f} h for one machine\n", markup=False)
    table = Table(header_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("", "workers", "hours", "USD", "in time"):
        table.add_column(name, justify="left" if not name else "right")
    for option in fleet.options:
        in_time = "yes" if option.is_in_time else "[red]no[/]"
        table.add_row(option.market, str(option.num_workers), f"{option.hours:.1f}", usd(option.usd), in_time)
    print_table(console, table)
    if not all(option.is_in_time for option in fleet.options):
        console.print(
            "more workers than shards would be idle: a smaller fleet.shard_coins makes more shards", markup=False
        )


def _options(plan: CostPlan) -> Table:
    """A column per option: three of them fit a narrow terminal, a dozen figures side by side do not."""
    table = Table(header_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("", no_wrap=True)
    for option in plan.options:
        table.add_column(f"[green]{option.kind}[/]" if option.kind is plan.recommended else option.kind)
    table.add_row("", *("[green]recommended[/]" if option.kind is plan.recommended else "" for option in plan.options))
    table.add_row("coins", *(str(option.num_coins) for option in plan.options))
    if any(option.num_left_out for option in plan.options):
        table.add_row("  left out", *(str(option.num_left_out) for option in plan.options))
    for name, shown in _FIGURES.items():
        table.add_row(name, *(shown(plan, option, option.night) if option.night else "-" for option in plan.options))
    return table


def _checkpoints(option: OptionPlan) -> str:
    seconds = option.checkpoint_interval_seconds
    return f"every {seconds:.0f} s" if math.isfinite(seconds) else "none"


def _saved_sooner(plan: CostPlan, longest_seconds: float) -> list[str]:
    """Why the fit does not keep to the best interval, where it does not."""
    best = min(option.checkpoint_interval_seconds for option in plan.options)
    if not longest_seconds < best < math.inf:
        return []
    note = (
        f"Checkpoints: a fit is saved every {longest_seconds:g} s or sooner, not every {best:.0f} s, so that a kill takes no "
        "more than that (interruption.checkpoint_max_seconds); `coin-models costs` shows what saving takes."
    )
    return [note]


_FIGURES: Mapping[str, Callable[[CostPlan, OptionPlan, RunForecast], str]] = {
    "USD a night": lambda plan, option, night: usd(night.cost_usd),
    "  lowest, highest price": lambda plan, option, night: f"{usd(night.cost_low_usd)} to {usd(night.cost_high_usd)}",
    "  19 of 20 nights up to": lambda plan, option, night: usd(night.cost_p95_usd),
    "USD a month, a year": lambda plan, option, night: f"{_usd(option.monthly_usd)}, {_usd(option.yearly_usd)}",
    "ready (median)": lambda plan, option, night: clock(plan.start_hour + night.finish_p50_hours),
    "  19 of 20 nights by": lambda plan, option, night: clock(plan.start_hour + night.finish_p95_hours),
    "late nights": lambda plan, option, night: f"{night.miss_probability:.1%}",
    "machines interrupted per night": lambda plan, option, night: f"{night.num_interruptions:.2f}",
    "  repeated work": lambda plan, option, night: f"{night.lost_hours * 3600:.1f} s",
    "nights with on-demand": lambda plan, option, night: f"{night.on_demand_probability:.1%}",
    "best checkpoints": lambda plan, option, night: _checkpoints(option),
}


def _start(plan: CostPlan, best: StartHour) -> str:
    """The best hour to start, where that makes a difference."""
    usual = next((start for start in plan.start_hours if start.hour == plan.start_hour), None)
    if usual is not None and usual.cost_usd <= best.cost_usd * 1.01 and usual.miss_probability <= best.miss_probability:
        return f"Starting at {clock(plan.start_hour)} UTC is as good as any other hour."
    now = (
        f"; at {clock(plan.start_hour)} it is {usd(usual.cost_usd)} USD, {usual.miss_probability:.1%} late"
        if usual
        else ""
    )
    return (
        f"Best start: {best.hour:02d}:00 UTC ({usd(best.cost_usd)} USD a night, ready by "
        f"{clock(best.hour + best.finish_p95_hours)} in 19 of 20 nights, {best.miss_probability:.1%} late){now}."
    )


def _sensitivity(plan: CostPlan) -> Table:
    table = Table(header_style="bold", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("if interruptions were", "USD a night", "19 of 20 nights by", "too late"):
        table.add_column(name)
    for case in plan.sensitivity:
        ready = clock(plan.start_hour + case.finish_p95_hours)
        table.add_row(case.model, usd(case.cost_usd), ready, f"{case.miss_probability:.1%}")
    return table


def _published(claim: PublishedCost) -> str:
    coins = f"{claim.num_coins} coins" if claim.num_coins else "all coins"
    return (
        f"Published: {coins} in {claim.hours[0]:g} to {claim.hours[1]:g} h a night; spot {_range(claim.spot_monthly_usd)}, "
        f"on-demand {_range(claim.on_demand_monthly_usd)} USD a month, {claim.saved:.0%} saved."
    )


def _range(figures: tuple[float, float]) -> str:
    return f"{figures[0]:.2f} to {figures[1]:.2f}"


def print_costs(console: Console, lines: Sequence[CostLine], total: CostLine) -> None:
    """A line per label and the total, then in words what a model cost, interruptions cost and spot machines saved."""
    table = Table(header_style="bold", box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("", no_wrap=True)
    for name in ("models", "billed", "training", "redone", "check-\npoints", "start-up", "other", "USD", "saved"):
        table.add_column(name, justify="right", no_wrap=True)
    for line in lines:
        table.add_row(*_cost_row(line))
    table.add_section()
    table.add_row(*_cost_row(total), style="bold")
    print_table(console, table)
    console.print(f"\n{_in_words(total)}")
    console.print(
        "[dim]Shares of the billed machine time. training: fitting for the first time; redone: repeated after an interruption; "
        "start-up: until the first fit; other: candles, trades, patterns, report, waiting.[/]"
    )


def _cost_row(line: CostLine) -> list[str]:
    parts = (line.redone_seconds, line.checkpoint_seconds, line.startup_seconds, line.idle_seconds)
    return [
        line.label,
        str(line.num_models),
        str(timedelta(seconds=round(line.billed_seconds))),
        _share(line.goodput),
        *(_share(seconds / line.billed_seconds if line.billed_seconds else None) for seconds in parts),
        f"{line.cost_usd:.4f}",
        "-" if line.saved_usd is None else f"{line.saved_usd:.4f}",
    ]


def _in_words(total: CostLine) -> str:
    a_model = f" ({usd(total.cost_per_model_usd)} a model)" if total.cost_per_model_usd is not None else ""
    waste = f"{usd(total.interruptions_usd)} USD of it for interruptions"
    sentence = f"{total.num_models} models for {usd(total.cost_usd)} USD{a_model}, {waste}."
    if total.saved_usd is None:
        return f"{sentence} The on-demand cost is unknown: a machine is missing in costs.prices."
    if total.on_demand_usd:
        more_or_less = "less" if total.saved_usd >= 0 else "more"
        return (
            f"{sentence} The spot machines' work, without the waste, would have cost {usd(total.on_demand_usd)} USD on-demand: "
            f"{usd(abs(total.saved_usd))} USD {more_or_less} on spot, waste included."
        )
    return sentence


def _usd(amount: float | None) -> str:
    return "-" if amount is None else usd(amount)


def _share(share: float | None) -> str:
    return "-" if share is None else f"{share:.1%}"
