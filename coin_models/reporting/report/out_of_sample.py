"""Skill of the published versions on out-of-sample days, with its interval: the figure that is shown first.

Of each coin-day one version counts: the champion, without one the newest version, which is judged beside the reference.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from typing import Any, Final

from sqlalchemy import Connection, select

from coin_models.db.trading_schema import shadow_days
from coin_models.reporting.report.numbers import UNKNOWN, signed

MIN_DAYS: Final = 5
"""Below it there is no interval."""
_LEVEL: Final = 0.9
_WIDER: Final = 1.15
"""Of the interval of independent days, for an autocorrelation of up to 0.15: nominal 90 % covers 89 to 92 % at any length."""
_ROLES: Final = ("challenger", "champion")  # the later one counts


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySkill:
    """Of one coin on one day, over unconditional quantiles, and over the version's reference where it holds one."""

    over_unconditional: float
    over_reference: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SkillFigure:
    """A mean of daily skills; without an interval where the days are too few."""

    mean: float
    num_days: int
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        """Such as `+0.0012 (-0.0010 to +0.0034, 14 days)`."""
        days = f"{self.num_days} day{'' if self.num_days == 1 else 's'}"
        if self.low is None or self.high is None:
            return f"{signed(self.mean, 4)} ({days}, too few for an interval)"
        return f"{signed(self.mean, 4)} ({signed(self.low, 4)} to {signed(self.high, 4)}, {days})"


CoinSkills = Mapping[str, Mapping[date, DaySkill]]


def read_skills(connection: Connection, first: date, last: date) -> CoinSkills:
    """By coin and day; days of older versions of this program have no record."""
    row = shadow_days.c
    query = (
        select(row.coin, row.day, row.statistics)
        .where(row.day.between(first, last), row.role.in_(_ROLES))
        .order_by(row.coin, row.day, row.role)
    )
    by_coin: dict[str, dict[date, DaySkill]] = defaultdict(dict)
    for coin, day, statistics in connection.execute(query):
        skill = _skill_of(statistics.get("out_of_sample"))
        if skill is not None:
            by_coin[coin][day] = skill
    return by_coin


def _skill_of(record: Mapping[str, Any] | None) -> DaySkill | None:
    if record is None or not record["loss_unconditional"]:
        return None
    loss, reference = record["loss"], record["loss_reference"]
    return DaySkill(
        over_unconditional=1 - loss / record["loss_unconditional"],
        over_reference=1 - loss / reference if reference else None,
    )


def over_reference(days: Iterable[DaySkill]) -> SkillFigure | None:
    """Of one coin over its days; None without any."""
    return figure_of([day.over_reference for day in days if day.over_reference is not None])


def over_unconditional(days: Iterable[DaySkill]) -> SkillFigure | None:
    """Likewise."""
    return figure_of([day.over_unconditional for day in days])


def all_coins(skills: CoinSkills, day: date, num_days: int) -> SkillFigure | None:
    """Mean over the coins of each day over the reference: days are what is counted, as coins move together."""
    since, by_day = day - timedelta(days=num_days - 1), defaultdict(list)
    for days in skills.values():
        for when, skill in days.items():
            if since <= when <= day and skill.over_reference is not None:
                by_day[when].append(skill.over_reference)
    return figure_of([sum(values) / len(values) for values in by_day.values()])


def figure_of(daily: Sequence[float]) -> SkillFigure | None:
    """Mean and interval (Student's t, widened) of daily skills; None without any."""
    n = len(daily)
    if n == 0:
        return None
    mean = sum(daily) / n
    if n < MIN_DAYS:
        return SkillFigure(mean=mean, num_days=n)
    from scipy import stats  # 0.4 s that loading the definitions need not pay

    error = sqrt(sum((value - mean) ** 2 for value in daily) / (n - 1) / n)
    half = _WIDER * float(stats.t.ppf((1 + _LEVEL) / 2, n - 1)) * error
    return SkillFigure(mean=mean, num_days=n, low=mean - half, high=mean + half)


def figure_text(figure: SkillFigure | None) -> str:
    """The figure in words; a dash without one."""
    return UNKNOWN if figure is None else str(figure)
