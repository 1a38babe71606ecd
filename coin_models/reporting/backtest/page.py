"""A backtest as one HTML page without external resources, and its first sentences. The same result gives the same bytes."""

from collections.abc import Sequence

from markupsafe import Markup

from coin_models.reporting.backtest import charts
from coin_models.reporting.backtest.result import Backtest
from coin_models.reporting.leaderboard import SkillLine
from coin_models.reporting.report import numbers, out_of_sample
from coin_models.reporting.report.band import band_chart
from coin_models.reporting.report.html import render_page
from coin_models.settings.levels import interval_label


def render_backtest(backtest: Backtest) -> str:
    """The page. What comes from data is escaped; the pictures escape themselves."""
    heading = f"Backtest of {listed_coins(backtest)}, {backtest.first} to {backtest.last}"
    return render_page(
        "backtest.html",
        title=heading,
        heading=heading,
        backtest=backtest,
        summary=summary(backtest),
        legend=legend(backtest),
        n=numbers,
        skills=out_of_sample,
        coverage=coverage_text,
        equity=Markup(charts.equity_chart(backtest.books)) if backtest.books else None,  # noqa: S704 - escaped in svg.py
        drawdown=Markup(charts.drawdown_chart(backtest.books)) if backtest.books else None,  # noqa: S704
        band=Markup(band_chart(backtest.band)) if backtest.band else None,  # noqa: S704
        groups=[
            (name, explanation, lines, Markup(charts.skill_chart(name, lines)) if _has_reference(lines) else None)  # noqa: S704
            for name, explanation, lines in _groups(backtest)
        ],
    )


def listed_coins(backtest: Backtest) -> str:
    """The coin, or how many."""
    return backtest.coins[0] if len(backtest.coins) == 1 else f"{len(backtest.coins)} coins"


def summary(backtest: Backtest) -> str:
    """What happened, in sentences that say no more than their intervals."""
    total = backtest.models.total
    skill = total.over_reference
    verdict = "the models hold no reference to be compared with"
    if skill is not None:
        verdict = f"their skill over the reference is {skill}{_significance(skill)}"
    books = "; ".join(
        f"the {book.name} returned {numbers.percent(book.total_return, 2, sign=True)} after costs of "
        f"{numbers.percent(book.cost, 2)}, with a drawdown of {numbers.percent(book.max_drawdown, 2)}"
        for book in backtest.books
    )
    return (
        f"On {backtest.num_days} days, {backtest.num_coin_days:,} coin-days, each forecast by versions of earlier days: "
        f"{verdict}. {books[:1].upper()}{books[1:]}{'.' if books else ''}"
    )


def legend(backtest: Backtest) -> str:
    """What the intervals are."""
    level = numbers.percent(backtest.models.level, 0 if backtest.num_trials == 1 else 1)
    trials = (
        "one setting was tried"
        if backtest.num_trials == 1
        else f"{backtest.num_trials} settings were tried, so each interval is wide enough to err once in ten over all of them"
    )
    return (
        f"Skill is 1 - loss / loss of the base, of each coin's champion or, without one, of its newest version. Intervals of "
        f"{level} count days, as coins move together; {trials}."
    )


def coverage_text(line: SkillLine) -> str:
    """Such as 81.2 % of the 80% interval."""
    if line.coverage is None or line.nominal_coverage is None:
        return numbers.UNKNOWN
    return f"{numbers.percent(line.coverage.mean)} of the {interval_label(line.nominal_coverage)}"


def _groups(backtest: Backtest) -> list[tuple[str, str, Sequence[SkillLine]]]:
    board = backtest.models
    return [
        ("By month", "All coins together.", board.months),
        ("By volatility", "Quarters of each coin's own days, by the volatility that was forecast.", board.volatility),
        ("By coin", "The best over the reference first.", board.coins),
    ]


def _has_reference(lines: Sequence[SkillLine]) -> bool:
    return any(one.over_reference is not None for one in lines)


def _significance(skill: out_of_sample.DailyMean) -> str:
    if skill.low is None or skill.high is None:
        return ""
    if skill.low > 0:
        return ": better than it"
    return ": worse than it" if skill.high < 0 else ": not distinguishable from it"
