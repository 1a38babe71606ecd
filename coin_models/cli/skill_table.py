"""Renders `coin-models skill`: a line a coin, then all coins by month and by volatility."""

from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.table import Table

from coin_models.cli.wide_tables import print_table
from coin_models.reporting.leaderboard import Leaderboard, SkillLine
from coin_models.reporting.report.numbers import UNKNOWN, signed
from coin_models.reporting.report.out_of_sample import MIN_DAYS, column_text
from coin_models.settings.levels import interval_label

_NUMBERS: Final = ("days", "over the\nreference", "over\nunconditional", "coverage", "validation\nskill")


def print_leaderboard(console: Console, leaderboard: Leaderboard) -> None:
    """The best over the reference first; what the figures are of stands below."""
    coins = leaderboard.coins
    title = f"out-of-sample skill, {leaderboard.first} to {leaderboard.last}"
    print_table(console, _table(title, "coin", [*coins, leaderboard.total], with_forecaster=True))
    if len(leaderboard.months) > 1:
        console.print()
        print_table(console, _table("all coins, by month", "month", leaderboard.months))
    if leaderboard.volatility:
        console.print()
        print_table(console, _table("all coins, by forecast volatility", "days", leaderboard.volatility))
    console.print()
    console.print("\n".join(_legend(leaderboard)), markup=False)


def _table(title: str, first: str, lines: Sequence[SkillLine], *, with_forecaster: bool = False) -> Table:
    table = Table(
        title=title, title_justify="left", header_style="bold", box=None, pad_edge=False, padding=(0, 1, 0, 0)
    )
    table.add_column(first, no_wrap=True)
    for name in _NUMBERS:
        table.add_column(name, justify="right", no_wrap=True)
    if with_forecaster:
        table.add_column("forecast by", no_wrap=False)
    labels = {line.nominal_coverage for line in lines}
    for line in lines:
        table.add_row(*_cells(line, say_which=len(labels) > 1), *([line.forecaster or ""] if with_forecaster else []))
    return table


def _cells(line: SkillLine, *, say_which: bool) -> tuple[str, ...]:
    colour = "green" if line.is_better else None
    over_reference = column_text(line.over_reference)
    return (
        line.name,
        str(line.num_days),
        f"[{colour}]{over_reference}[/]" if colour else over_reference,
        column_text(line.over_unconditional),
        _coverage(line) + (f" of {line.nominal_coverage:.0%}" if say_which and line.nominal_coverage else ""),
        signed(line.validation_skill, 4),
    )


def _coverage(line: SkillLine) -> str:
    if line.coverage is None:
        return UNKNOWN
    half = line.coverage.half_width
    return f"{line.coverage.mean:.1%}" + ("" if half is None else f" ±{100 * half:.1f}")


def _legend(leaderboard: Leaderboard) -> list[str]:
    lines = [
        "Skill is 1 - loss / loss of the base, of each coin's champion or, without one,",
        f"of its newest version. ±: {100 * leaderboard.level:.3g}% interval over days; below {MIN_DAYS} days: too few.",
        "Validation skill is over unconditional, of the days that chose the epoch: a\nflattering figure.",
    ]
    nominal = {line.nominal_coverage for line in leaderboard.coins if line.nominal_coverage is not None}
    if len(nominal) == 1:
        lines.append(f"Coverage is that of the {interval_label(nominal.pop())}.")
    judged = [
        line for line in leaderboard.coins if line.over_reference is not None and line.over_reference.low is not None
    ]
    if judged:
        better, by_chance = sum(line.is_better for line in judged), 50 * (1 - leaderboard.level)
        lines.append(
            f"{better} of {len(judged)} intervals over the reference lie above 0; without skill {by_chance:.2g}% would.\n"
            "Who forecasts is decided by a stricter test: docs/promotion.md"
        )
    return lines
