"""The report as markdown."""

from dataclasses import replace

from coin_models.reporting.report.daily_report import (
    DayCosts,
)
from coin_models.reporting.report.markdown import render_markdown
from coin_models_tests.reporting.report.builders import coin_line, empty_report, full_report


def test_the_markdown_has_a_row_per_coin() -> None:
    report = full_report()

    text = render_markdown(report)

    assert all(f"| {coin.coin} | {coin.state} |" in text for coin in report.coins)
    assert "**Needs attention**" in text


def test_a_bar_in_a_cell_does_not_break_the_table() -> None:
    text = render_markdown(replace(empty_report(), coins=(coin_line("A|B"),)))

    assert "| A\\|B |" in text


def test_costs_are_told_where_they_are_known() -> None:
    free = render_markdown(replace(empty_report(), costs=DayCosts(useful_seconds=200.0)))
    rented = render_markdown(
        replace(empty_report(), costs=DayCosts(useful_seconds=200.0, billed_usd=0.31, saved_usd=0.6))
    )

    assert free.endswith("Fitting 3 min 20 s, 0.0 s redone after 0 interruptions.\n")
    assert rented.endswith(" Cost $0.31, $0.60 less than on-demand.\n")


def test_sections_without_content_are_left_out() -> None:
    text = render_markdown(empty_report())

    assert "**" not in text
    assert "pattern now" not in text


def test_a_table_of_many_coins_ends_with_how_many_are_left_out() -> None:
    coins = tuple(coin_line(f"C{k}") for k in range(500))

    text = render_markdown(replace(empty_report(), coins=coins))

    assert text.count("| trained |") == 40
    assert "460 more coins are on the page and in the JSON." in text
