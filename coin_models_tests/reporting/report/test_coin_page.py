"""A coin's page: what is known is drawn, and what is not is said."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from xml.etree import ElementTree as ET

from coin_models.reporting.report.coin_page import (
    CoinPage,
    DecisionRow,
    ForecastFan,
    fan_chart,
    render_coin_page,
    skill_by_week,
    weeks_chart,
)
from coin_models.reporting.report.daily_report import EquityPoint
from coin_models.reporting.report.out_of_sample import DaySkill
from coin_models_tests.reporting.report.builders import BAND

MONDAY = date(2024, 8, 5)
LAST = datetime(2024, 8, 16, tzinfo=UTC)
FAN = ForecastFan(
    closes=tuple((LAST - timedelta(minutes=5 * back), 100.0 + back) for back in range(72, -1, -1)),
    valid_until=LAST + timedelta(hours=1),
    prices={0.1: 98.0, 0.5: 100.5, 0.9: 103.0},
    forecaster="reference",
    version_id="BTC-2024-08-15-abc",
)
SKILLS = {
    MONDAY + timedelta(days=number): DaySkill(over_unconditional=0.1, over_reference=0.01 * number)
    for number in range(10)
}
PAGE = CoinPage(
    coin="BTC", market="demo (made up), USDT, 5m", fan=FAN, no_forecast=None, band=None,
    equity=tuple(EquityPoint(day=MONDAY + timedelta(days=k), champion_usd=k, challenger_usd=None) for k in range(3)),
    skills=SKILLS, decisions=(DecisionRow(day=MONDAY, decision="hold", reason="<b>", decided_by="policy"),),
)  # fmt: skip


def test_a_week_is_the_mean_of_its_days_and_has_an_interval_from_five_days_on() -> None:
    first, second = skill_by_week(SKILLS).items()

    # 0.00 to 0.06 from Monday to Sunday, then 0.07, 0.08, 0.09.
    assert (first[0], round(first[1].mean, 6), first[1].low is None) == (MONDAY, 0.03, False)
    assert (second[0], round(second[1].mean, 6), second[1].low) == (MONDAY + timedelta(days=7), 0.08, None)


def test_the_fan_ends_at_each_quantile_with_its_price() -> None:
    chart = fan_chart(FAN)

    ET.fromstring(chart)  # noqa: S314 -- our own
    assert chart.count("<circle") == 3
    assert all(label in chart for label in ("0.1: 98", "0.5: 100.5", "0.9: 103", "01:00"))


def test_labels_of_near_quantiles_never_lie_on_each_other() -> None:
    chart = fan_chart(replace(FAN, prices={0.1: 100.0, 0.5: 100.1, 0.9: 100.2}))

    heights = sorted(
        float(element.get("y", "0"))
        for element in ET.fromstring(chart).iter()  # noqa: S314 -- our own
        if element.tag.endswith("text") and (element.text or "").startswith("0.")
    )

    assert [round(high - low, 3) for low, high in pairwise(heights)] == [15.0, 15.0]


def test_a_week_is_a_dot_and_a_line_where_it_has_an_interval() -> None:
    chart = weeks_chart(skill_by_week(SKILLS))

    assert (chart.count("<circle"), chart.count('class="stem"')) == (2, 1)


def test_the_page_has_its_pictures_and_escapes_what_comes_from_data() -> None:
    text = render_coin_page(PAGE)

    assert text.count("<svg ") == 3
    assert "&lt;b&gt;" in text
    assert '<a href="../2024-08-05">' in text


def test_what_is_missing_is_said() -> None:
    text = render_coin_page(
        replace(PAGE, fan=None, no_forecast="BTC has no champion", equity=(), skills={}, decisions=())
    )

    assert "<svg " not in text
    assert "No forecast: BTC has no champion" in text
    assert "Fewer than two weeks are recorded." in text


def test_what_was_forecast_of_the_week_is_drawn_where_it_is_recorded() -> None:
    drawn, without = render_coin_page(replace(PAGE, band=BAND)), render_coin_page(PAGE)

    assert "2 of 3 outcomes within the 80% interval" in drawn
    assert "BTC: forecast interval and what happened" in drawn
    assert "No forecast is recorded yet" in without
