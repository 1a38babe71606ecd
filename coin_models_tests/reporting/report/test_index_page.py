"""The index of reports: days, leaderboard, and the coins that have no recorded day yet."""

from datetime import date, timedelta

from coin_models.reporting.leaderboard import make_leaderboard
from coin_models.reporting.report.index_page import IndexPage, render_index_page
from coin_models.reporting.report.out_of_sample import DaySkill

DAY = date(2024, 8, 15)
SKILLS = {"BTC": {DAY - timedelta(days=k): DaySkill(over_unconditional=0.1, over_reference=0.02) for k in range(14)}}


def test_days_and_coins_lead_to_their_pages() -> None:
    board = make_leaderboard(SKILLS, DAY - timedelta(days=30), DAY, {"BTC": None})
    page = IndexPage(market="demo", days=[DAY], leaderboard=board, no_leaderboard=None, coins=["BTC", "ETH"])

    text = render_index_page(page)

    assert '<a href="2024-08-15">2024-08-15</a>' in text
    assert '<a href="coins/BTC"><b>BTC</b></a>' in text
    assert "+0.0200 ±0.0000" in text
    assert 'aria-label="Out-of-sample skill over the reference"' in text
    assert 'Without a recorded day: <a href="coins/ETH">ETH</a>' in text


def test_a_new_home_says_what_writes_the_first_report() -> None:
    text = render_index_page(IndexPage(market="demo", days=[], leaderboard=None, no_leaderboard="no day yet", coins=[]))

    assert "No report yet" in text
    assert "no day yet" in text
