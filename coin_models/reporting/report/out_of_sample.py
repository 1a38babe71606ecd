"""Skill of the published versions on out-of-sample days, with its interval: the figure that is shown first.

Of each coin-day one version counts: the champion, without one the newest version, which is judged beside the reference.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from math import sqrt
from typing import Any, Final

from sqlalchemy import Connection, select

from coin_models.db.schema import model_versions
from coin_models.db.trading_schema import shadow_days
from coin_models.reporting.report.numbers import UNKNOWN, signed

MIN_DAYS: Final = 5
"""Below it there is no interval."""
LEVEL: Final = 0.9
"""Of the intervals: the truth lies outside once in ten."""
_WIDER: Final = 1.15
"""Of the interval of independent days, for an autocorrelation of up to 0.15: nominal 90 % covers 89 to 92 % at any length."""
_ROLES: Final = ("challenger", "champion")  # the later one counts


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySkill:
    """Of one coin on one day; what an older version of this program did not record is None."""

    over_unconditional: float
    over_reference: float | None  # None: the version holds no reference
    validation: float | None = None  # skill of the same version on the validation days that chose its epoch
    coverage: float | None = None  # share of the outcomes within the version's interval
    nominal_coverage: float | None = None  # the share that should be
    exposure: float | None = None  # of the volatility book: the higher, the calmer the day was forecast to be


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyMean:
    """A mean of daily figures; without an interval where the days are too few."""

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

    @property
    def half_width(self) -> float | None:
        """Of the interval, which is symmetric; None without one."""
        return None if self.low is None or self.high is None else (self.high - self.low) / 2

    @property
    def short(self) -> str:
        """For a column: `+0.0012 ±0.0022`."""
        half = self.half_width
        return f"{signed(self.mean, 4)} {'too few' if half is None else f'±{half:.4f}'}"


CoinSkills = Mapping[str, Mapping[date, DaySkill]]


def read_skills(connection: Connection, first: date, last: date, coins: Collection[str] | None = None) -> CoinSkills:
    """By coin and day, of some coins or all; days of older versions of this program have no record.

    The database takes the figures out of each row's JSON: a year of 500 coins is a gigabyte of it.
    """
    row, version = shadow_days.c, model_versions.c
    query = (
        select(row.coin, row.day, *_figures(), version.skill)
        .join(model_versions, version.id == row.version_id)
        .where(row.day.between(first, last), row.role.in_(_ROLES))
        .order_by(row.coin, row.day, row.role)
    )
    if coins is not None:
        query = query.where(row.coin.in_(coins))
    by_coin: dict[str, dict[date, DaySkill]] = defaultdict(dict)
    for coin, day, *figures in connection.execute(query):
        skill = _skill_of(*figures)
        if skill is not None:
            by_coin[coin][day] = skill
    return by_coin


def _figures() -> list[Any]:
    names = ("loss", "loss_unconditional", "loss_reference", "below", "above", "lower_level", "upper_level")
    paths = [*(("out_of_sample", name) for name in names), ("volatility_book", "mean_exposure")]
    return [shadow_days.c.statistics[path].as_float().label(path[1]) for path in paths]


def _skill_of(
    loss: float | None,
    unconditional: float | None,
    reference: float | None,
    below: float,
    above: float,
    lower_level: float,
    upper_level: float,
    exposure: float | None,
    validation: float | None,
) -> DaySkill | None:
    if loss is None or not unconditional:
        return None
    return DaySkill(
        over_unconditional=1 - loss / unconditional,
        over_reference=1 - loss / reference if reference else None,
        validation=validation,
        coverage=1 - below - above,
        nominal_coverage=round(1 - lower_level - upper_level, 6),
        exposure=exposure,
    )


def over_reference(days: Iterable[DaySkill]) -> DailyMean | None:
    """Of one coin over its days; None without any."""
    return daily_mean([day.over_reference for day in days if day.over_reference is not None])


def over_unconditional(days: Iterable[DaySkill]) -> DailyMean | None:
    """Likewise."""
    return daily_mean([day.over_unconditional for day in days])


def all_coins(skills: CoinSkills, day: date, num_days: int) -> DailyMean | None:
    """Mean over the coins of each day over the reference."""
    since = day - timedelta(days=num_days - 1)
    return clustered_mean(
        (when, skill.over_reference) for days in skills.values() for when, skill in days.items() if since <= when <= day
    )


def clustered_mean(figures: Iterable[tuple[date, float | None]], level: float = LEVEL) -> DailyMean | None:
    """Mean over the days of each day's mean over coins: days are what is counted, as coins move together."""
    by_day: dict[date, list[float]] = defaultdict(list)
    for day, figure in figures:
        if figure is not None:
            by_day[day].append(figure)
    return daily_mean([sum(values) / len(values) for values in by_day.values()], level)


def daily_mean(daily: Sequence[float], level: float = LEVEL) -> DailyMean | None:
    """Mean and interval (Student's t, widened) of daily figures; None without any."""
    n = len(daily)
    if n == 0:
        return None
    mean = sum(daily) / n
    if n < MIN_DAYS:
        return DailyMean(mean=mean, num_days=n)
    from scipy import stats  # 0.4 s that loading the definitions need not pay

    error = sqrt(sum((value - mean) ** 2 for value in daily) / (n - 1) / n)
    half = _WIDER * float(stats.t.ppf((1 + level) / 2, n - 1)) * error
    return DailyMean(mean=mean, num_days=n, low=mean - half, high=mean + half)


def figure_text(figure: DailyMean | None) -> str:
    """The figure in words; a dash without one."""
    return UNKNOWN if figure is None else str(figure)


def column_text(figure: DailyMean | None) -> str:
    """The figure for a column; a dash without one."""
    return UNKNOWN if figure is None else figure.short


def interval_text(figure: DailyMean | None) -> str:
    """The figure with its interval; a dash where the days are too few for one."""
    return UNKNOWN if figure is None or figure.low is None else figure.short
