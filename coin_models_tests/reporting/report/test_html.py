"""The report as a page; what page and markdown share."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from coin_models.reporting.report.daily_report import (
    CostForecast,
    DailyReport,
    DataProblem,
    DecisionLine,
)
from coin_models.reporting.report.html import render_html
from coin_models.reporting.report.markdown import render_markdown
from coin_models.reporting.report.numbers import UNKNOWN
from coin_models.reporting.report.out_of_sample import daily_mean
from coin_models_tests.reporting.report.builders import coin_line, empty_report, full_report, trade_line

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
    assert tags.names.count("script") == 1  # its own, which sorts and filters
    assert not re.search(r"url\(|@import|https?://(?!www\.w3\.org/2000/svg)", page)


def test_the_page_serves_light_dark_and_paper() -> None:
    page = render_html(full_report())

    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page


def test_a_full_page_has_its_pictures() -> None:
    page = render_html(full_report())

    assert (
        page.count("<svg ") == 6 + 6
    )  # out-of-sample skill, equity, validation skill, coverage, trades, the next night; six patterns


def test_the_skill_that_is_shown_first_is_the_out_of_sample_one() -> None:
    skill = daily_mean([0.01] * 14)
    coins = (coin_line("BTC", skill_over_reference=skill),)

    page = render_html(replace(full_report(), coins=coins, skill_over_reference=skill))

    assert 0 < page.index("<h2>Out-of-sample skill</h2>") < page.index("<h2>Validation skill</h2>")
    assert "+0.0100 ±0.0000</td>" in page


def test_a_page_without_trades_has_neither_their_pictures_nor_a_flat_line_of_equity() -> None:
    flat = tuple(replace(point, champion_usd=0.0, challenger_usd=0.0) for point in full_report().equity)

    page = render_html(replace(full_report(), equity=flat, trades=()))

    assert not {"<h2>Shadow equity</h2>", "<h2>Trades of the day</h2>"} & set(re.findall("<h2>[^<]*</h2>", page))


def test_what_comes_from_data_cannot_become_markup() -> None:
    report = replace(
        full_report(),
        coins=(coin_line(EVIL, state="failed", reason=EVIL),),
        decisions=(DecisionLine(coin=EVIL, decision="rollback", version_id=None, reason=EVIL, decided_by=EVIL),),
        trades=(trade_line(EVIL),),
        problems=(DataProblem(coin=EVIL, problem=EVIL),),
    )

    page = render_html(report)

    assert page.count("<script") == 1
    assert "<script" not in render_markdown(report)
    assert parsed(page).open == []


def test_a_day_without_trades_says_so() -> None:
    page = render_html(replace(full_report(), trades=()))

    assert "no forecast was worth a trade" in page


def test_without_a_plan_of_the_night_its_sentence_stands_alone() -> None:
    page = render_html(replace(empty_report(), rent=CostForecast(words="No plan: this machine has no price.")))

    assert "No plan: this machine has no price." in page
    assert "left to right" not in page


def test_the_first_line_names_the_day_and_the_market() -> None:
    report = replace(empty_report(), market="binance spot, USDT, 5m")

    assert render_markdown(report).startswith("# Thursday, 15 August 2024 · binance spot, USDT, 5m\n")
    assert "<h1>Thursday, 15 August 2024 · binance spot, USDT, 5m</h1>" in render_html(report)


def test_five_hundred_coins_are_a_table_and_no_chart_of_five_hundred_rows() -> None:
    coins = tuple(coin_line(f"C{k}", validation_skill=k / 1000) for k in range(500))
    decisions = tuple(
        DecisionLine(coin=coin.coin, decision="none", version_id=None, reason="too few days", decided_by="policy")
        for coin in coins
    )

    page = render_html(replace(empty_report(), coins=coins, decisions=decisions))

    chart = page[page.index('aria-label="Validation skill') : page.index("<h2>Coins</h2>")]
    assert chart.count("<rect") == 24
    assert "The coins best and worst; all 500 are in the table." in page
    assert page.count("<tr>") == 1 + 500 + 1 + 1  # of the coins, and one cause of the decisions, each with its heading
    assert "C0, C1, C2, C3, C4 and 495 more" in page


def test_a_skill_of_too_few_days_is_a_dash_with_its_figure_behind_it() -> None:
    page = render_html(replace(empty_report(), coins=(coin_line(skill_over_reference=daily_mean([0.05])),)))

    assert f'title="+0.0500 (1 day, too few for an interval)">{UNKNOWN}</td>' in page


def test_a_day_on_which_all_is_well_says_so() -> None:
    assert "Nothing needs attention." in render_html(replace(empty_report(), coins=(coin_line(),)))
