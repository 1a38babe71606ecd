"""Renders `coin-models backtest` in a terminal: the sentences of the page, the books, and skill by coin, month and volatility."""

from rich.console import Console
from rich.table import Table

from coin_models.cli.skill_table import print_leaderboard
from coin_models.cli.wide_tables import print_table
from coin_models.reporting.backtest.page import listed_coins, summary
from coin_models.reporting.backtest.result import Backtest, Book
from coin_models.reporting.report.numbers import percent, signed


def print_backtest(console: Console, backtest: Backtest) -> None:
    """The result; a page has the pictures."""
    console.print(f"[bold]backtest of {listed_coins(backtest)}, {backtest.first} to {backtest.last}[/]")
    console.print(summary(backtest), markup=False)
    console.print()
    if backtest.books:
        print_table(console, _books(backtest))
        console.print()
    print_leaderboard(console, backtest.models)
    if backtest.num_trials > 1:
        console.print(
            f"{backtest.num_trials} settings were tried: intervals err once in ten over all of them together."
        )


def _books(backtest: Backtest) -> Table:
    table = Table(header_style="bold", box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("book", no_wrap=True)
    for name in ("return", "before\ncosts", "costs", "drawdown", "turnover\na day", "Sharpe", "deflated"):
        table.add_column(name, justify="right", no_wrap=True)
    for book in backtest.books:
        table.add_row(book.name, *_cells(book))
    return table


def _cells(book: Book) -> tuple[str, ...]:
    return (
        percent(book.total_return, 2, sign=True),
        percent(book.gross_return, 2, sign=True),
        percent(book.cost, 2),
        percent(book.max_drawdown, 2),
        percent(book.turnover_per_day, 0),
        signed(book.sharpe, 2),
        percent(book.deflated_sharpe, 0),
    )
