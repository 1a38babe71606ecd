"""A coin's own page: forecast, shadow equity, skill over the weeks, decisions about its champion."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from markupsafe import Markup

from coin_models.reporting.report import charts, numbers, out_of_sample
from coin_models.reporting.report.band import ForecastBand, band_chart
from coin_models.reporting.report.daily_report import EquityPoint
from coin_models.reporting.report.html import render_page
from coin_models.reporting.report.out_of_sample import DailyMean, DaySkill, over_reference
from coin_models.reporting.report.svg import Scale, area, dot, line, path, picture, text

_WIDTH: Final = 640.0
_HEIGHT: Final = 216.0
_LEFT, _RIGHT = 64.0, 80.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastFan:
    """The last closes, and the quantiles one horizon after the last of them."""

    closes: tuple[tuple[datetime, float], ...]  # oldest first, of the moments at which candles closed
    valid_until: datetime
    prices: Mapping[float, float]  # quantile level -> price
    forecaster: str  # champion, or reference
    version_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRow:
    """What was decided about the coin's champion on a day."""

    day: date
    decision: str
    reason: str
    decided_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinPage:
    """What is known of a coin."""

    coin: str
    market: str
    fan: ForecastFan | None
    no_forecast: str | None  # why there is none
    band: ForecastBand | None  # of the last recorded week; None: nothing is recorded
    equity: tuple[EquityPoint, ...]
    skills: Mapping[date, DaySkill]
    decisions: tuple[DecisionRow, ...]  # newest first


def render_coin_page(page: CoinPage) -> str:
    """The page as HTML."""
    weeks = skill_by_week(page.skills)
    return render_page(
        "coin.html",
        title=f"{page.coin} · coin_models",
        page=page,
        n=numbers,
        skills=out_of_sample,
        overall=over_reference(page.skills.values()),
        weeks=weeks,
        fan=Markup(fan_chart(page.fan)) if page.fan else None,  # noqa: S704 - escaped in svg.py
        band=Markup(band_chart(page.band)) if page.band else None,  # noqa: S704
        equity=Markup(charts.equity_chart(page.equity)) if len(page.equity) > 1 else None,  # noqa: S704
        weeks_chart=Markup(weeks_chart(weeks)) if len(weeks) > 1 else None,  # noqa: S704
    )


def skill_by_week(skills: Mapping[date, DaySkill]) -> dict[date, DailyMean]:
    """Skill over the reference by the Monday of each week, oldest first; a week without a record has none."""
    weeks: dict[date, list[DaySkill]] = {}
    for day in sorted(skills):
        weeks.setdefault(day - timedelta(days=day.weekday()), []).append(skills[day])
    means = {monday: over_reference(days) for monday, days in weeks.items()}
    return {monday: mean for monday, mean in means.items() if mean is not None}


def fan_chart(fan: ForecastFan) -> str:
    """The closes as a line, and from the last of them one line to each quantile; the outermost are the edges of a band."""
    start, last = fan.closes[0][0], fan.closes[-1]
    prices = [price for _, price in fan.closes] + list(fan.prices.values())
    room = (max(prices) - min(prices)) * 0.06 or abs(last[1]) * 0.001
    x = Scale(low=0, high=(fan.valid_until - start) / timedelta(hours=1), start=_LEFT, end=_WIDTH - _RIGHT)
    y = Scale(low=min(prices) - room, high=max(prices) + room, start=190, end=12)

    def at(moment: datetime, price: float) -> tuple[float, float]:
        return x((moment - start) / timedelta(hours=1)), y(price)

    ends = [at(fan.valid_until, fan.prices[level]) for level in sorted(fan.prices)]
    parts = [area([at(*last), ends[0], ends[-1]], "band")]
    parts += [path([at(*last), end], "challenger") for end in ends]
    parts.append(path([at(*close) for close in fan.closes], "champion"))
    parts += [
        dot(*end, 3, "end-champion", hint=f"{level:g}") for end, level in zip(ends, sorted(fan.prices), strict=True)
    ]
    heights = _spread([end[1] for end in ends])
    parts += [
        text(_WIDTH - _RIGHT + 8, height + 4, f"{level:g}: {numbers.price(fan.prices[level])}")
        for height, level in zip(heights, sorted(fan.prices), strict=True)
    ]
    low, high = min(price for _, price in fan.closes), max(price for _, price in fan.closes)
    parts += [text(_LEFT - 8, y(price) + 4, numbers.price(price), anchor="end") for price in sorted({low, high})]
    parts += [
        text(at(moment, 0)[0], 208, f"{moment:%H:%M}", anchor="middle") for moment in (start, last[0], fan.valid_until)
    ]
    return picture(_WIDTH, _HEIGHT, "The last closes and the quantiles of the forecast", parts)


def weeks_chart(weeks: Mapping[date, DailyMean]) -> str:
    """A dot for each week's skill over the reference; its interval where the week has enough days for one."""
    ends = [end for mean in weeks.values() for end in (mean.mean, mean.low, mean.high) if end is not None]
    low, high = min((0.0, *ends)), max((0.01, *ends))
    x = Scale(low=0, high=max(len(weeks) - 1, 1), start=_LEFT + 10, end=_WIDTH - 20)
    y = Scale(low=low, high=high, start=186, end=12)
    parts = [line(_LEFT, y(0), _WIDTH - 10, y(0), "axis"), text(_LEFT - 8, y(0) + 4, "0", anchor="end")]
    parts += [text(_LEFT - 8, y(end) + 4, numbers.signed(end, 3), anchor="end") for end in (low, high) if end]
    every = max(1, len(weeks) // 5)
    for number, (monday, mean) in enumerate(weeks.items()):
        if mean.low is not None and mean.high is not None:
            parts.append(line(x(number), y(mean.low), x(number), y(mean.high), "stem"))
        hint = f"week of {monday}: {mean}"
        parts.append(dot(x(number), y(mean.mean), 4, "good" if mean.mean > 0 else "bad", hint=hint))
        if number % every == 0:
            parts.append(text(x(number), 208, f"{monday:%d %b}", anchor="middle"))
    return picture(_WIDTH, _HEIGHT, "Skill over the reference by week", parts)


def _spread(heights: Sequence[float], apart: float = 15.0) -> list[float]:
    """Heights of labels, lowest line first, moved so that none lies on another; the middle one stays."""
    middle = len(heights) // 2
    moved = list(heights)
    for place in range(middle - 1, -1, -1):
        moved[place] = max(moved[place], moved[place + 1] + apart)
    for place in range(middle + 1, len(moved)):
        moved[place] = min(moved[place], moved[place - 1] - apart)
    return moved
