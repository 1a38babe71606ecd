"""A made-up backtest of two coins and twelve days in two months."""

from datetime import date, timedelta

from coin_models.reporting.backtest.result import Backtest, Book, BookDay
from coin_models.reporting.leaderboard import ALL, QUARTILES, make_leaderboard, skill_line
from coin_models.reporting.report.out_of_sample import DaySkill, daily_mean

FIRST = date(2024, 8, 25)
DAYS = [FIRST + timedelta(days=k) for k in range(12)]


def book(name: str, *returns: float, deflated: float | None = 0.87) -> Book:
    """Gross returns of the first days; each day costs 0.001."""
    days = tuple(
        BookDay(day=day, gross_return=gross, cost=0.001, turnover=0.5)
        for day, gross in zip(DAYS, returns, strict=False)
    )
    daily = daily_mean([day.net_return for day in days], 0.9)
    assert daily is not None
    return Book(
        name=name, days=days, daily_return=daily, max_drawdown=0.012, sharpe=1.2, deflated_sharpe=deflated
    )  # fmt: skip


def backtest(*books: Book, num_trials: int = 1, better: float = 0.01) -> Backtest:
    """Skill over the reference of `better` on each day, a little more on the later ones."""
    level = 1 - 0.1 / num_trials
    skills = {
        coin: {
            day: DaySkill(
                over_unconditional=0.05,
                over_reference=better + 0.0001 * k,
                validation=0.06,
                coverage=0.81,
                nominal_coverage=0.8,
                exposure=100.0 + k,
            )
            for k, day in enumerate(DAYS)
        }
        for coin in ("BTC", "<b>")
    }
    pairs = [pair for days in skills.values() for pair in days.items()]
    return Backtest(
        market="demo (made up)",
        first=FIRST,
        last=DAYS[-1],
        coins=tuple(skills),
        num_days=12,
        num_coin_days=24,
        num_forecasts=24 * 288,
        num_trials=num_trials,
        models=make_leaderboard(skills, FIRST, DAYS[-1], {}, parts=QUARTILES, level=level),
        forecaster=skill_line(ALL, pairs, level=level),
        books=books,
    )
