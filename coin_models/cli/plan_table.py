"""Renders the plan of `retrain --dry-run` as a table and as JSON."""

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from coin_models.cli.wide_tables import print_table
from coin_models.pipeline.plan.action import Action
from coin_models.pipeline.plan.estimate import Estimate
from coin_models.pipeline.plan.plan import Plan, PlannedCoinDay

_COLOURS = {
    Action.TRAIN: "green",
    Action.REUSE: "dim",
    Action.SKIP: "dim",
    Action.STALE: "cyan",
    Action.UNAVAILABLE: "yellow",
    Action.WAITING: "yellow",
    Action.QUARANTINED: "red",
}
_ROWS_SHOWN = 40


def plan_json(plan: Plan, forecast: Estimate) -> dict[str, Any]:
    """Counts by action, seconds and USD (null where nothing was timed yet), and every coin-day, parents included."""
    items = [*plan.ancestors(), *plan]
    return {
        **{action.word: count for action, count in plan.counts().items()},
        "seconds": forecast.seconds,
        "usd": forecast.usd,
        "coins": [item.to_json() for item in items],
    }


def print_work_plan(console: Console, plan: Plan, forecast: Estimate) -> None:
    """What would be trained, from which parent and why; then the counts, and about how long it takes."""
    items = [item for item in (*plan.ancestors(), *plan) if item.action is not Action.REUSE]
    if items:
        print_table(console, _table(items[:_ROWS_SHOWN]))
    if len(items) > _ROWS_SHOWN:
        console.print(f"... and {len(items) - _ROWS_SHOWN} more; --json shows all")
    counted = ", ".join(f"{count} {action.word}" for action, count in plan.counts().items() if count)
    console.print(f"[bold]{counted}[/]{_cost(forecast)}")


def _table(items: list[PlannedCoinDay]) -> Table:
    table = Table(header_style="bold", box=None, pad_edge=False)
    for name in ("day", "coin", "what", "starts from", "why"):
        table.add_column(name)
    for item in items:
        start = "" if item.action is not Action.TRAIN else str(item.parent_day or "full retrain")
        what = f"[{_COLOURS[item.action]}]{item.action.word}[/]"
        table.add_row(str(item.day), item.coin, what, start, escape(item.reason))
    return table


def _cost(forecast: Estimate) -> str:
    if forecast.seconds is None:
        return "; how long it takes is not known before the first fit here"
    price = f", {forecast.usd:.2f} USD" if forecast.usd else ""
    return f"; about {forecast.seconds:.0f} s{price}" if forecast.seconds else ""
