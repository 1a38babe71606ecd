"""The report's pictures."""

import re
from dataclasses import replace
from xml.etree import ElementTree as ET

from coin_models.reporting.report import charts
from coin_models.reporting.report.daily_report import (
    CostForecast,
    EquityPoint,
)
from coin_models.reporting.report.out_of_sample import DailyMean
from coin_models_tests.reporting.report.builders import DAY, coin_line, full_report, rent_line


def test_every_picture_is_well_formed() -> None:
    report = full_report()
    pictures = [
        charts.equity_chart(report.equity), charts.skill_chart(report.coins),
        charts.validation_skill_chart(report.coins), charts.coverage_chart(report.coins),
        charts.trades_chart(report), *(charts.pattern_chart(pattern) for pattern in report.patterns),
    ]  # fmt: skip

    for picture in pictures:
        root = ET.fromstring(picture)  # noqa: S314 - our own
        assert root.get("aria-label")


def test_out_of_sample_skill_is_a_dot_on_its_interval_where_the_days_are_enough() -> None:
    enough = DailyMean(mean=0.01, num_days=14, low=-0.01, high=0.03)
    few = DailyMean(mean=-0.02, num_days=2)
    coins = (
        coin_line("BTC", skill_over_reference=enough),
        coin_line("ETH", skill_over_reference=few),
        coin_line("SOL"),  # of no recorded day
    )

    picture = charts.skill_chart(coins)

    assert picture.count('class="stem"') == 1
    assert (picture.count('class="good"'), picture.count('class="bad"')) == (1, 1)
    assert "SOL" not in picture


def test_one_day_of_history_is_enough_for_the_equity_picture() -> None:
    picture = charts.equity_chart([EquityPoint(day=DAY, champion_usd=0.0, challenger_usd=None)])

    assert "NaN" not in picture
    assert "challenger" not in picture


def test_labels_at_the_ends_of_two_curves_never_lie_on_each_other() -> None:
    points = [EquityPoint(day=DAY, champion_usd=10.0, challenger_usd=10.0)]
    ends = [
        float(label.get("y") or 0)
        for label in ET.fromstring(charts.equity_chart(points)).iter("{http://www.w3.org/2000/svg}text")  # noqa: S314
        if "-text" in (label.get("class") or "")
    ]

    assert abs(ends[0] - ends[1]) > 12.5


def test_what_followed_a_pattern_by_chance_is_grey() -> None:
    pattern = full_report().patterns[0]

    assert 'class="mean chance"' in charts.pattern_chart(replace(pattern, q_value=0.83))
    assert re.search(r'class="mean (good|bad)"', charts.pattern_chart(replace(pattern, q_value=0.05)))


def test_ways_of_renting_that_cost_the_same_are_told_apart_in_the_picture() -> None:
    first, *_ = lines = [rent_line("spot", 0.2), rent_line("spot, then on-demand", 0.2, is_recommended=True)]

    drawn = ET.fromstring(charts.rent_chart(CostForecast(words="", lines=tuple(lines))))  # noqa: S314 - our own

    marks = {text.text: text.get("x") for text in drawn.iter("{http://www.w3.org/2000/svg}text")}
    assert marks["1"] != marks["2"]
    assert f"1  {first.label}" in marks


def test_of_more_coins_than_a_chart_holds_the_outermost_are_shown_highest_first() -> None:
    values = [float(k) for k in range(500)]

    shown = charts.outermost(values, lambda value: value)

    assert shown == [*range(499, 487, -1), *range(11, -1, -1)]
    assert charts.outermost(values[:40], lambda value: value) == values[:40]
