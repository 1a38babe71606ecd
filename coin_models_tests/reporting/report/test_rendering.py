"""The report as page, markdown and JSON."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest

from coin_models.reporting.report import charts, numbers
from coin_models.reporting.report.daily_report import (
    CostForecast,
    DailyReport,
    DataProblem,
    DecisionLine,
    EquityPoint,
    KeyFigure,
)
from coin_models.reporting.report.headline import headline
from coin_models.reporting.report.html import render_html
from coin_models.reporting.report.markdown import render_markdown
from coin_models.reporting.report.svg import Scale
from coin_models_tests.reporting.report.builders import DAY, coin_line, empty_report, full_report, rent_line, trade_line

VOID = {"meta", "br", "link", "img", "hr"}
EVIL = '<script>alert("1")</script>'


class Tags(HTMLParser):
    """Counts tags and notes what stays open and what is fetched from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.fetched: list[str] = []
        self.names: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.fetched += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "xlink:href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parsed(page: str) -> Tags:
    tags = Tags()
    tags.feed(page)
    return tags


@pytest.mark.parametrize("report", [empty_report(), full_report()], ids=["empty", "full"])
def test_the_page_is_whole_and_fetches_nothing(report: DailyReport) -> None:
    page = render_html(report)

    tags = parsed(page)
    assert tags.open == []
    assert tags.fetched == []
    assert "script" not in tags.names
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org/2000/svg)", page)


def test_the_page_serves_light_dark_and_paper() -> None:
    page = render_html(full_report())

    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page


def test_a_full_page_has_its_pictures() -> None:
    page = render_html(full_report())

    assert page.count("<svg ") == 5 + 6  # equity, skill, coverage, trades, the next night; six patterns


def test_every_picture_is_well_formed() -> None:
    report = full_report()
    pictures = [
        charts.equity_chart(report.equity), charts.skill_chart(report.coins), charts.coverage_chart(report.coins),
        charts.trades_chart(report), *(charts.pattern_chart(pattern) for pattern in report.patterns),
    ]  # fmt: skip

    for picture in pictures:
        root = ET.fromstring(picture)  # noqa: S314 - our own
        assert root.get("aria-label")


def test_what_comes_from_data_cannot_become_markup() -> None:
    report = replace(
        full_report(),
        coins=(coin_line(EVIL, state="failed", reason=EVIL),),
        decisions=(DecisionLine(coin=EVIL, decision="rollback", version_id=None, reason=EVIL, decided_by=EVIL),),
        trades=(trade_line(EVIL),),
        problems=(DataProblem(coin=EVIL, problem=EVIL),),
    )

    page = render_html(report)

    assert "<script" not in page
    assert "<script" not in render_markdown(report)
    assert parsed(page).open == []


def test_a_day_without_trades_says_so() -> None:
    page = render_html(replace(full_report(), trades=()))

    assert "no champion's forecast exceeded" in page


def test_one_day_of_history_is_enough_for_the_equity_picture() -> None:
    picture = charts.equity_chart([EquityPoint(day=DAY, champion_usd=0.0, challenger_usd=None)])

    assert "NaN" not in picture
    assert "challenger" not in picture


def test_the_headline_counts_models_and_names_what_needs_a_look() -> None:
    top = headline(full_report())

    assert top.summary.startswith("9 of 10 coins have a model for 15 August 2024, 1 of them across an interruption")
    assert any("ATOM failed: FitDiverged" in item for item in top.attention)
    assert any("NEAR rolled back" in item for item in top.attention)
    assert any("NEAR: no better than unconditional quantiles" in item for item in top.attention)
    assert any("LINK candles" in item for item in top.attention)


def test_a_quiet_day_needs_no_look() -> None:
    report = replace(empty_report(), coins=(coin_line(),), trades=(trade_line(),), equity_base_usd=10_000.0)

    top = headline(report)

    assert top.attention == ()
    assert "shadow P&L +$12.50 (+0.12\N{NO-BREAK SPACE}%) in 1 trade." in top.summary  # 0.125 % to even


def test_a_day_without_a_trade_says_why() -> None:
    summary = headline(replace(empty_report(), coins=(coin_line(pnl_usd=0.0),))).summary

    assert "no forecast was worth a trade's costs" in summary


def test_the_json_holds_all_lines_and_a_summary() -> None:
    report = full_report()

    content = json.loads(json.dumps(report.to_json(), allow_nan=False))

    assert content["day"] == "2024-08-15"
    assert [coin["coin"] for coin in content["coins"]] == [coin.coin for coin in report.coins]
    assert len(content["trades"]) == 21
    assert content["summary"]["states"] == {"failed": 1, "resumed": 1, "reused": 1, "trained": 7}
    assert content["summary"]["rollbacks"] == 1


def test_a_report_says_what_it_cannot_tell() -> None:
    report = replace(
        empty_report(),
        coins=(
            coin_line("BTC"),
            coin_line("ETH", state="missing", version_id=None),
            coin_line("SOL", version_id=None, pnl_usd=None),
        ),
    )

    omissions = report.find_omissions()

    assert omissions == (
        "ETH: nothing is known about its training",
        "BTC: no champion decision",
        "SOL: it has a champion, but no shadow day",
    )


def test_the_markdown_has_a_row_per_coin() -> None:
    report = full_report()

    text = render_markdown(report)

    assert all(f"| {coin.coin} | {coin.state} |" in text for coin in report.coins)
    assert "**Needs attention**" in text


def test_a_bar_in_a_cell_does_not_break_the_table() -> None:
    text = render_markdown(replace(empty_report(), coins=(coin_line("A|B"),)))

    assert "| A\\|B |" in text


@pytest.mark.parametrize(
    ("shown", "wanted"),
    [
        (numbers.usd(12.345), "+$12.35"), (numbers.usd(-1234.5), "\N{MINUS SIGN}$1,234"), (numbers.usd(0.0), "$0.00"),
        (numbers.usd(None), "\N{EN DASH}"), (numbers.percent(0.8049, 0), "80\N{NO-BREAK SPACE}%"),
        (numbers.signed(-0.0123, 3), "\N{MINUS SIGN}0.012"), (numbers.duration(3.21), "3.2 s"),
        (numbers.duration(200), "3 min 20 s"), (numbers.duration(7500), "2 h 5 min"), (numbers.price(58719.5), "58,720"),
        (numbers.price(0.123456), "0.12346"),
    ],
)  # fmt: skip
def test_numbers_read_well(shown: str, wanted: str) -> None:
    assert shown == wanted


def test_a_scale_keeps_what_lies_beyond_it_at_its_ends() -> None:
    scale = Scale(low=0, high=10, start=100, end=200)

    assert (scale(5), scale(-3), scale(30)) == (150, 100, 200)
    assert Scale(low=1, high=1, start=0, end=10)(1) == 5


def _with_return(**values: object) -> DailyReport:
    figure = KeyFigure(name="total_return", label="Return, 30 days", value="+1.5 %", interval="90 % interval", **values)  # type: ignore[arg-type]
    return replace(empty_report(), figures=(figure,))


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (0.01, 0.02, "earns more than its costs (significant)"),
        (-0.02, -0.01, "loses money (significant)"),
        (-0.01, 0.02, "no significant profit or loss"),
        (None, None, "not significant"),
    ],
)
def test_the_verdict_is_what_the_interval_allows(low: float | None, high: float | None, said: str) -> None:
    verdict = headline(_with_return(number=0.015, low=low, high=high)).verdict

    assert verdict is not None
    assert said in verdict


def test_without_trading_there_is_no_verdict() -> None:
    assert headline(empty_report()).verdict is None


def test_a_coin_that_a_rule_left_out_is_no_news_and_another_without_champion_is() -> None:
    lines = tuple(
        DecisionLine(coin=coin, decision="none", version_id=None, reason="no champion: not sound", decided_by="policy")
        for coin in ("BTC", "ETH")
    )
    coins = (coin_line("BTC", state="skipped", reason="illiquid"), coin_line("ETH"))

    attention = headline(replace(empty_report(), coins=coins, decisions=lines)).attention

    assert attention == ("ETH has no champion: not sound",)


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


def test_inputs_that_are_another_population_need_a_look() -> None:
    drifted = coin_line("BTC", input_drift=0.31, input_drift_feature="volume")
    instrumented = coin_line("ETH", input_drift=0.15, input_drift_feature="range_3")

    attention = headline(replace(empty_report(), coins=(drifted, instrumented))).attention

    assert attention == (
        "BTC: the market of the last week differs from the training data (volume: stability index 0.31)",
    )


def test_ways_of_renting_that_cost_the_same_are_told_apart_in_the_picture() -> None:
    first, *_ = lines = [rent_line("spot", 0.2), rent_line("spot, then on-demand", 0.2, is_recommended=True)]

    drawn = ET.fromstring(charts.rent_chart(CostForecast(words="", lines=tuple(lines))))  # noqa: S314 - our own

    marks = {text.text: text.get("x") for text in drawn.iter("{http://www.w3.org/2000/svg}text")}
    assert marks["1"] != marks["2"]
    assert f"1  {first.label}" in marks


def test_without_a_plan_of_the_night_its_sentence_stands_alone() -> None:
    page = render_html(replace(empty_report(), rent=CostForecast(words="No plan: this machine has no price.")))

    assert "No plan: this machine has no price." in page
    assert "left to right" not in page


def test_the_first_line_names_the_day_and_the_market() -> None:
    report = replace(empty_report(), market="binance spot, USDT, 5m")

    assert render_markdown(report).startswith("# Thursday, 15 August 2024 · binance spot, USDT, 5m\n")
    assert "<h1>Thursday, 15 August 2024 · binance spot, USDT, 5m</h1>" in render_html(report)
