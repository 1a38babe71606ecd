"""Renders `coin-models status`: a grid of coins and days, or counts per coin where there are many days."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from itertools import groupby

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from coin_models.cli.status_rows import MAX_ROWS, fold, names
from coin_models.cli.wide_tables import print_table
from coin_models.pipeline.coin_days import SETTLED, State
from coin_models.pipeline.status import Status

MARKS = {
    State.DONE: "[green]●[/]",
    State.STALE: "[cyan]◍[/]",
    State.SKIPPED: "[dim]○[/]",
    State.RUNNING: "[blue]▶[/]",
    State.QUEUED: "[blue]▷[/]",
    State.WAITING: "[yellow]◔[/]",
    State.UNAVAILABLE: "[yellow]◌[/]",
    State.FAILED: "[red]✗[/]",
    State.INTERRUPTED: "[yellow]◐[/]",
    State.QUARANTINED: "[red]■[/]",
    State.OUTDATED: "[cyan]◎[/]",
    State.MISSING: "[dim]·[/]",
}
_FAILED = (State.FAILED, State.QUARANTINED, State.UNAVAILABLE, State.INTERRUPTED)
_TROUBLED = (
    State.FAILED, State.WAITING, State.UNAVAILABLE, State.QUARANTINED, State.SKIPPED, State.INTERRUPTED,
)  # fmt: skip
_OPEN_SINCE = "; open since "
_OPEN = tuple(state for state in State if state not in SETTLED)
_REASONS_SHOWN = 12
_DAY_WIDTH = 7  # "08-15" and two spaces
_WEEK_WIDTH = 9  # seven marks and two spaces
_MAX_GRID_DAYS = 62  # more columns than a terminal has, and a grid of years takes a minute to lay out


def print_status(console: Console, status: Status, *, every_coin: bool = False) -> None:
    """The states of coins and days, then the reasons of whatever is not done, then the newest attempts.

    Args:
        every_coin: a row for each; otherwise, on a terminal with more coins than rows, equal rows are one.
    """
    is_folded = console.is_terminal and not every_coin and len(status.coins) > MAX_ROWS
    if len(status.days) <= _MAX_GRID_DAYS:
        num_others = _print_grid(console, status, is_folded=is_folded)
    else:
        num_others = _print_counts(console, status, is_folded=is_folded)
    if num_others:
        console.print(f"... and {num_others} more coins; --all-coins shows all")
    if is_folded:
        _print_causes(console, status, _TROUBLED, names)
    else:
        _print_reasons(console, status)
    _print_attempts(console, status)


def _print_reasons(console: Console, status: Status) -> None:
    troubled = status.coin_days.keys_in_state(*_TROUBLED)
    for coin, day in troubled[:_REASONS_SHOWN]:
        coin_day = status.coin_days[coin, day]
        failures = f", {coin_day.failures} failure(s)" if coin_day.failures else ""
        console.print(
            f"{MARKS[coin_day.state]} {day} {coin} {coin_day.state.value}{failures}: {escape(coin_day.reason or 'no reason')}"
        )
    if len(troubled) > _REASONS_SHOWN:
        console.print(f"... and {len(troubled) - _REASONS_SHOWN} more; --json shows all")


def print_summary(console: Console, status: Status) -> None:
    """How many coins are in each state, a line a day."""
    counts = [Counter(status.coin_days.state(coin, day) for coin in status.coins) for day in status.days]
    shown = [state for state in State if any(state in count for count in counts)]
    table = Table(header_style="bold", box=None, pad_edge=False)
    table.add_column("day", no_wrap=True)
    for state in shown:
        table.add_column(state.value, justify="right")
    for day, count in zip(status.days, counts, strict=True):
        table.add_row(str(day), *(str(count[state] or "") for state in shown))
    print_table(console, table)


def print_failed(console: Console, status: Status) -> None:
    """What failed: each cause once, with the coins and days that it hit."""
    if not _print_causes(console, status, _FAILED, ", ".join):
        console.print(f"nothing failed from {status.days[0]} to {status.days[-1]}")


def _print_causes(
    console: Console, status: Status, states: Sequence[State], named: Callable[[Sequence[str]], str]
) -> bool:
    """Each cause once, the most frequent first; whether there was one."""
    causes: dict[tuple[State, str], list[tuple[str, date]]] = {}
    for key in status.coin_days.keys_in_state(*states):
        item = status.coin_days[key]
        causes.setdefault((item.state, item.reason or "no reason"), []).append(key)
    for (state, reason), keys in sorted(causes.items(), key=lambda item: -len(item[1])):
        console.print(f"{MARKS[state]} {len(keys)} {state.value}: {escape(reason)}", soft_wrap=True)
        console.print(f"    {_spans(keys, named)}", markup=False, soft_wrap=True)
    return bool(causes)


def _spans(keys: Sequence[tuple[str, date]], named: Callable[[Sequence[str]], str]) -> str:
    """Coins by the days that they have in common, such as `BTC, ETH on 2024-08-14, 2024-08-15`."""
    days: dict[str, list[date]] = {}
    for coin, day in keys:
        days.setdefault(coin, []).append(day)
    coins: dict[tuple[date, ...], list[str]] = {}
    for coin, of_coin in days.items():
        coins.setdefault(tuple(of_coin), []).append(coin)
    return "; ".join(f"{named(group)} on {', '.join(map(str, span))}" for span, group in coins.items())


def _print_grid(console: Console, status: Status, *, is_folded: bool) -> int:
    """A column a day where all fit; else a column a week, its seven marks side by side, folded below one another.

    Returns:
        The number of coins that it leaves out.
    """
    states = {coin: tuple(status.coin_days.state(coin, day) for day in status.days) for coin in status.coins}
    rows, num_others = (
        fold(states, lambda row: any(state in _OPEN for state in row)) if is_folded else (list(states.items()), 0)
    )
    grid = {label: dict(zip(status.days, row, strict=True)) for label, row in rows}
    label_width = max(len("coin"), *map(len, grid))
    days = [[day] for day in status.days]
    if label_width + _DAY_WIDTH * len(days) <= console.width:
        _print_columns(console, grid, days)
    else:
        weeks = [list(week) for _number, week in groupby(status.days, key=lambda day: day.isocalendar()[:2])]
        fitting = max(1, (console.width - label_width) // _WEEK_WIDTH)
        for first in range(0, len(weeks), fitting):
            _print_columns(console, grid, weeks[first : first + fitting])
        console.print("a column is a week, a mark a day from the date above it on")
    console.print("  ".join(f"{mark} {state.value}" for state, mark in MARKS.items()))
    return num_others


def _print_columns(
    console: Console, grid: Mapping[str, Mapping[date, State]], columns: Sequence[Sequence[date]]
) -> None:
    table = Table(header_style="bold", box=None, pad_edge=False)
    table.add_column("coin", no_wrap=True)
    for column in columns:
        table.add_column(column[0].strftime("%m-%d"), justify="center" if len(column) == 1 else "left", no_wrap=True)
    for label, states in grid.items():
        table.add_row(label, *("".join(MARKS[states[day]] for day in column) for column in columns))
    console.print(table)


def _print_counts(console: Console, status: Status, *, is_folded: bool) -> int:
    """A line per coin: days in each state, and the oldest day on which something is left to do; the coins left out."""
    counts = {coin: _counts(status, coin) for coin in status.coins}
    rows, num_others = fold(counts, lambda row: _OPEN_SINCE in row) if is_folded else (list(counts.items()), 0)
    width = max(len(label) for label, _row in rows)
    lines = [f"{len(status.coins)} coins, {status.days[0]} to {status.days[-1]}"]
    lines += [f"{label:<{width}}  {row}" for label, row in rows]
    console.print("\n".join(lines), markup=False, highlight=False, soft_wrap=True)
    return num_others


def _counts(status: Status, coin: str) -> str:
    counted = status.coin_days.count(coin)
    shown = ", ".join(f"{number} {state.value}" for state, number in counted.items() if number)
    return f"{shown}{_oldest_open(status, coin)}"


def _oldest_open(status: Status, coin: str) -> str:
    open_days = status.coin_days.days_in_state(coin, *_OPEN)
    return f"{_OPEN_SINCE}{open_days[0]}" if open_days else ""


def _print_attempts(console: Console, status: Status) -> None:
    if not status.attempts:
        console.print("no runs on these days; `coin-models retrain` trains what is missing")
        return
    table = Table(title="newest attempts", title_justify="left", header_style="bold", box=None, pad_edge=False)
    for name in ("started (UTC)", "coin", "day", "outcome", "steps", "redone", "session", "reason"):
        table.add_column(name, justify="right" if name in ("steps", "redone") else "left")
    for attempt in status.attempts[-_REASONS_SHOWN:]:
        table.add_row(
            f"{attempt.started_at:%m-%d %H:%M:%S}",
            attempt.coin,
            str(attempt.day),
            attempt.outcome.value,
            str(attempt.usage.steps_done),
            str(attempt.usage.steps_redone),
            attempt.session_id[:8],
            escape(attempt.reason or ""),
        )
    print_table(console, table)
