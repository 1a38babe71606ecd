"""The page above the daily reports: the days that have one, and the leaderboard of the coins."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from coin_models.reporting.leaderboard import Leaderboard
from coin_models.reporting.report import numbers, out_of_sample
from coin_models.reporting.report.charts import skill_rows
from coin_models.reporting.report.html import render_page


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexPage:
    """What is there to read."""

    market: str
    days: Sequence[date]  # newest first
    leaderboard: Leaderboard | None
    no_leaderboard: str | None  # why there is none
    coins: Sequence[str]  # of the universe, in its order


def render_index_page(page: IndexPage) -> str:
    """The page as HTML; its links are relative, so that it may lie below any path."""
    listed = [line.name for line in page.leaderboard.coins] if page.leaderboard else []
    others = [coin for coin in page.coins if coin not in set(listed)]
    lines = page.leaderboard.coins if page.leaderboard else ()
    having = [(line.name, line.over_reference) for line in lines if line.over_reference is not None]
    chart = Markup(skill_rows("Out-of-sample skill over the reference", having)) if having else None  # noqa: S704
    return render_page(
        "index.html",
        title="Reports · coin_models",
        page=page,
        n=numbers,
        skills=out_of_sample,
        others=others,
        chart=chart,
    )
