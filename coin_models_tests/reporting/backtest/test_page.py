"""The page of a backtest: sentences that say no more than their intervals, and nothing of the data as markup."""

from dataclasses import replace

import pytest

from coin_models.reporting.backtest.page import legend, render_backtest, summary
from coin_models_tests.reporting.backtest.made import backtest, book
from coin_models_tests.reporting.report.builders import BAND

BOOKS = (book("forecast trades", 0.01, -0.02, 0.01), book("volatility book", 0.0, 0.0, 0.004))


def plain(text: str) -> str:
    return text.replace("\N{MINUS SIGN}", "-").replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize(
    ("better", "verdict"),
    [(0.01, ": better than it"), (-0.01, ": worse than it"), (-0.00055, ": not distinguishable from it")],
)
def test_its_first_sentence_follows_the_interval(better: float, verdict: str) -> None:
    assert verdict in summary(backtest(better=better))


def test_both_books_are_told_after_their_costs() -> None:
    text = plain(summary(backtest(*BOOKS)))

    assert "The forecast trades returned -0.30 % after costs of 0.30 %" in text
    assert "the volatility book returned +0.10 % after costs of 0.30 %" in text


def test_more_trials_are_named_beside_the_wider_intervals() -> None:
    assert "Intervals of 90 %" in plain(legend(backtest()))
    assert "Intervals of 99.5 %" in plain(legend(backtest(num_trials=20)))
    assert "20 settings were tried" in plain(legend(backtest(num_trials=20)))


def test_the_page_holds_every_table_and_escapes_names() -> None:
    page = render_backtest(backtest(*BOOKS))

    assert all(heading in page for heading in ("By month", "By volatility", "By coin", "2024-08", "wildest"))
    assert "&lt;b&gt;" in page
    assert "<b>:" not in page
    assert page.count("<svg") == 5  # equity, drawdown, three groups
    assert "http" not in page.replace("http://www.w3.org", "")


def test_the_last_week_of_the_first_coin_is_drawn_where_it_has_an_interval() -> None:
    page = render_backtest(replace(backtest(*BOOKS), band=BAND))

    assert page.count("<svg") == 6
    assert "BTC: forecast and what happened" in page
    assert "2 of 3 outcomes within the 80% interval" in page


def test_without_a_book_there_is_no_empty_chart() -> None:
    assert render_backtest(backtest()).count("<svg") == 3
