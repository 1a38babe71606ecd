"""The pictures of a backtest."""

import re

from coin_models.reporting.backtest.charts import drawdown_chart, equity_chart, skill_chart
from coin_models_tests.reporting.backtest.made import backtest, book


def labels(svg: str) -> list[str]:
    return [
        text.replace("\N{MINUS SIGN}", "-").replace("\N{NO-BREAK SPACE}", " ")
        for text in re.findall(r"<text[^>]*>([^<]*)<", svg)
    ]


def test_the_equity_ends_at_what_the_days_add_up_to() -> None:
    svg = equity_chart([book("forecast trades", 0.011, 0.021, -0.009)])

    assert "+2.0 %" in labels(svg)
    assert "+3.0 %" in labels(svg)  # the highest
    assert svg.count("<path") + svg.count("<polyline") == 1


def test_a_drawdown_is_never_above_zero_and_names_the_lowest() -> None:
    shown = labels(drawdown_chart([book("forecast trades", 0.011, -0.019, 0.011, 0.031)]))

    assert "-2.0 %" in shown
    assert not any(label.startswith("+") and label != "+0.0 %" for label in shown)


def test_a_book_that_never_fell_has_one_zero() -> None:
    assert labels(drawdown_chart([book("forecast trades", 0.011, 0.011)])).count("-0.0 %") == 0


def test_the_ends_of_two_books_do_not_overlap() -> None:
    svg = equity_chart([book("forecast trades", 0.011, 0.011), book("volatility book", 0.011, 0.0111)])
    heights = [float(y) for y in re.findall(r'<text[^>]*\by="([\d.]+)"[^>]*class="label ', svg)]

    assert len(heights) == 2
    assert abs(heights[0] - heights[1]) >= 12


def test_each_line_of_skill_has_its_dot() -> None:
    lines = backtest().models.volatility

    svg = skill_chart("By volatility", lines)

    assert svg.count("<circle") == len(lines) == 4
    assert {line.name for line in lines} <= set(labels(svg))
