"""A backtest in a terminal of 80 columns."""

import io

from rich.console import Console

from coin_models.cli.backtest_table import print_backtest
from coin_models.reporting.backtest.result import Backtest
from coin_models_tests.reporting.backtest.made import backtest, book


def printed(made: Backtest) -> str:
    stream = io.StringIO()
    print_backtest(Console(file=stream, width=80, color_system=None), made)
    return stream.getvalue().replace("\N{MINUS SIGN}", "-").replace("\N{NO-BREAK SPACE}", " ")


def test_it_names_both_books_every_group_and_fits() -> None:
    text = printed(backtest(book("forecast trades", 0.01, -0.02), book("volatility book", 0.01, deflated=None)))

    assert all(len(line) <= 80 for line in text.splitlines())
    assert "forecast trades" in text
    assert "87 %" in text
    assert "by month" in text
    assert "by forecast volatility" in text
    assert "settings were tried" not in text


def test_trials_are_named() -> None:
    assert "20 settings were tried" in printed(backtest(num_trials=20))
