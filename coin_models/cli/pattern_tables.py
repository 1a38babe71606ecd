"""Renders the table of `coin-models patterns`: each shape as a line of blocks, with its statistics."""

from collections.abc import Sequence
from datetime import date

from rich.console import Console
from rich.table import Table

from coin_models.cli.wide_tables import print_table
from coin_models.reporting.report.numbers import UNKNOWN, percent, usd
from coin_models.reporting.report.sparkline import sparkline
from coin_models.settings.root import Settings
from coin_models.trading.patterns.lookup import CoinPattern

_WIDTH = 16  # columns of a shape


def print_patterns(
    console: Console, coin: str, day: date, patterns: Sequence[CoinPattern], settings: Settings, *, limit: int
) -> None:
    """A line per shape, the nearest to the coin's last window of the day first."""
    minutes = _minutes(settings)
    table = Table(header_style="bold", box=None, pad_edge=False)
    for name in ("pattern", "shape", "near"):
        table.add_column(name, no_wrap=True)
    for name in (f"seen in {coin}", "seen", f"mean after {minutes}", "10 % to 90 %", "up", "q", "trades", "P&L"):
        table.add_column(name, justify="right", no_wrap=True)
    for name in ("first", "last"):
        table.add_column(name, no_wrap=True)
    for one in patterns[:limit]:
        table.add_row(*_cells(one))
    print_table(console, table)
    if len(patterns) > limit:
        console.print(f"... and {len(patterns) - limit} more shapes seen in {coin} (--limit)")
    active = [one.pattern.id for one in patterns if one.is_active]
    console.print(f"{coin}: {', '.join(active) or 'no known pattern'} at the close of {day}")
    rate = settings.trading.pattern_false_discovery_rate
    proven = sum(one.is_significant for one in patterns)
    console.print(
        f"{proven} of {len(patterns)} differ significantly from chance (q up to {rate:g}, corrected for all coins and "
        "shapes tried); the returns are over all coins"
    )


def _cells(one: CoinPattern) -> tuple[str, ...]:
    pattern, outcome = one.pattern, one.pattern.outcome
    near = UNKNOWN if one.correlation is None else f"{one.correlation:.2f}{' now' if one.is_active else ''}"
    q_value = UNKNOWN if outcome.q_value is None else f"{outcome.q_value:.2f}"
    return (
        pattern.id,
        sparkline(pattern.shape, _WIDTH),
        f"[bold]{near}[/]" if one.is_active else near,
        str(one.here.num_matches),
        str(outcome.num_matches),
        percent(outcome.mean_return, 2, sign=True),
        f"{percent(outcome.low_return, 2, sign=True)} to {percent(outcome.high_return, 2, sign=True)}",
        percent(outcome.share_up, 0),
        f"[green]{q_value}[/]" if one.is_significant else q_value,
        str(pattern.num_trades),
        usd(pattern.trades_pnl_usd),
        f"{pattern.first_seen:%m-%d}",
        f"{pattern.last_seen:%m-%d %H:%M}",
    )


def _minutes(settings: Settings) -> str:
    minutes = settings.training.horizon_minutes
    return f"{minutes} min" if minutes % 60 else f"{minutes // 60} h"
