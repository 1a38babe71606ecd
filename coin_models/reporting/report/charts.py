"""The report's charts, as inline SVG: equity, skill, calibration, the day's trades, patterns."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from math import ceil, floor
from typing import Final, TypeVar

from coin_models.reporting.report.coverage import coverage_text, intervals_of, nominal_coverages
from coin_models.reporting.report.daily_report import (
    CoinLine,
    CostForecast,
    CostForecastLine,
    DailyReport,
    EquityPoint,
    PatternLine,
    TradeLine,
)
from coin_models.reporting.report.numbers import percent, signed, usd
from coin_models.reporting.report.out_of_sample import DailyMean
from coin_models.reporting.report.svg import Scale, box, dot, line, path, picture, text

_WIDTH: Final = 640.0
_ROW: Final = 22.0
_LINE: Final = 13.0  # height of a line of text
_LEFT: Final = 64.0  # names of coins
_RIGHT: Final = 72.0  # figures
_BAND: Final = 0.15  # on either side of the nominal coverage: what one day's outcomes stray by chance


MAX_ROWS: Final = 40
"""Coins in a chart; of more, only the outermost are shown."""
_OUTERMOST: Final = 12
T = TypeVar("T")


def outermost(items: Sequence[T], figure: Callable[[T], float]) -> list[T]:
    """All of them where they fit into a chart; else the highest and the lowest, highest first."""
    if len(items) <= MAX_ROWS:
        return list(items)
    ordered = sorted(items, key=figure, reverse=True)
    return [*ordered[:_OUTERMOST], *ordered[-_OUTERMOST:]]


def equity_chart(points: Sequence[EquityPoint]) -> str:
    """Cumulated shadow P&L, champion and challenger, all coins together."""
    champion = list(accumulate(point.champion_usd for point in points))
    challenger = list(accumulate(point.challenger_usd or 0.0 for point in points))
    has_challenger = any(point.challenger_usd is not None for point in points)
    shown = champion + (challenger if has_challenger else [])
    low, high = min(0.0, *shown), max(0.0, *shown)
    room = (high - low) * 0.08 or 1.0
    x = Scale(low=0, high=max(len(points) - 1, 1), start=_LEFT, end=_WIDTH - _RIGHT - 30)
    y = Scale(low=low - room, high=high + room, start=190, end=12)
    parts = [line(_LEFT, y(0), _WIDTH - _RIGHT - 30, y(0), "axis"), text(_LEFT - 8, y(0) + 4, "0", anchor="end")]
    parts += [text(_LEFT - 8, y(value) + 4, usd(value), anchor="end") for value in {low, high} if value != 0]
    ends = apart(y(champion[-1]), y(challenger[-1])) if has_challenger else (y(champion[-1]), 0.0)
    if has_challenger:
        parts += _curve(challenger, x, y, "challenger", label_y=ends[1])
    parts += _curve(champion, x, y, "champion", label_y=ends[0])
    parts += day_ticks([point.day for point in points], x, 208)
    return picture(_WIDTH, 216, "Cumulated shadow profit and loss in USD", parts)


def skill_chart(coins: Sequence[CoinLine]) -> str:
    """Out-of-sample skill over the reference per coin: a dot on its interval, where the days are enough for one."""
    having = [(coin.coin, coin.skill_over_reference) for coin in coins if coin.skill_over_reference is not None]
    return skill_rows("Out-of-sample skill per coin over the reference", having)


def skill_rows(title: str, having: Sequence[tuple[str, DailyMean]]) -> str:
    """A row per name: a dot on its interval; of many the highest and the lowest."""
    shown = outermost(having, lambda item: item[1].mean)
    ends = [end for _, skill in shown for end in (skill.mean, skill.low, skill.high) if end is not None]
    low, high = min((0.0, *ends)), max((0.01, *ends))
    x = Scale(low=low, high=high, start=_LEFT + 6, end=_WIDTH - _RIGHT - 6)
    height = _ROW * len(shown) + 24
    parts = [line(x(0), 4, x(0), height - 18, "axis"), text(x(0), height - 4, "0", anchor="middle")]
    parts.append(text(x(high), height - 4, signed(high, 3), anchor="end"))
    for row, (name, skill) in enumerate(shown):
        middle = _ROW * row + _ROW / 2 + 4
        parts.append(text(_LEFT - 8, middle + 4, name, "name", anchor="end"))
        if skill.low is not None and skill.high is not None:
            parts.append(line(x(skill.low), middle, x(skill.high), middle, "stem"))
        parts.append(dot(x(skill.mean), middle, 5, "good" if skill.mean > 0 else "bad", hint=f"{name}: {skill}"))
        parts.append(text(_WIDTH - _RIGHT + 8, middle + 4, signed(skill.mean, 4)))
    return picture(_WIDTH, height, title, parts)


def validation_skill_chart(coins: Sequence[CoinLine]) -> str:
    """Validation skill per coin: a bar for the day's version, dots for the versions of the days before."""
    having = [coin for coin in coins if coin.validation_skill is not None]
    shown = outermost(having, lambda coin: coin.validation_skill or 0.0)
    values = [skill for coin in shown for _, skill in coin.validation_history] + [
        coin.validation_skill or 0.0 for coin in shown
    ]
    low, high = min(0.0, *values), max(0.01, *values)
    x = Scale(low=low, high=high, start=_LEFT + 6, end=_WIDTH - _RIGHT - 6)  # dots keep clear of names and figures
    height = _ROW * len(shown) + 24
    parts = [line(x(0), 4, x(0), height - 18, "axis"), text(x(0), height - 4, "0", anchor="middle")]
    parts.append(text(x(high), height - 4, signed(high, 3), anchor="end"))
    for row, coin in enumerate(shown):
        middle = _ROW * row + _ROW / 2 + 4
        skill = coin.validation_skill or 0.0
        css = "good" if skill > 0 else "bad"
        hint = f"{coin.coin}: validation skill {signed(skill, 4)}"
        parts.append(text(_LEFT - 8, middle + 4, coin.coin, "name", anchor="end"))
        parts.append(box(min(x(0), x(skill)), middle - 6, abs(x(skill) - x(0)), 12, css, hint=hint))
        parts += [
            dot(x(past), middle, 2, "past", hint=f"{day}: {signed(past, 4)}")
            for day, past in coin.validation_history[:-1]
        ]
        parts.append(text(_WIDTH - _RIGHT + 8, middle + 4, signed(skill, 4)))
    return picture(_WIDTH, height, "Validation skill per coin against unconditional quantiles", parts)


def coverage_chart(coins: Sequence[CoinLine]) -> str:
    """Share of the day's outcomes inside each champion's interval, around the share that its levels promise."""
    having = [coin for coin in coins if coin.coverage is not None and coin.nominal_coverage is not None]
    shown = outermost(having, lambda coin: (coin.coverage or 0.0) - (coin.nominal_coverage or 0.0))
    nominals = nominal_coverages(shown)
    lowest = min((0.5, *(nominal - 2 * _BAND for nominal in nominals)))
    x = Scale(low=max(lowest, 0.0), high=1.0, start=_LEFT, end=_WIDTH - _RIGHT)
    height = _ROW * len(shown) + 24
    ticks = {x.low, *nominals, *((nominals[0] - _BAND, min(nominals[0] + _BAND, 1.0)) if len(nominals) == 1 else ())}
    parts = [text(x(tick), height - 4, percent(tick, 0), anchor="middle") for tick in sorted(ticks)]
    for row, coin in enumerate(shown):
        parts += _coverage_row(coin, shown, x, _ROW * row + 4)
    return picture(_WIDTH, height, f"Coverage per coin, of the {intervals_of(shown)}", parts)


def _coverage_row(coin: CoinLine, shown: Sequence[CoinLine], x: Scale, top: float) -> Iterator[str]:
    coverage, nominal, middle = coin.coverage or 0.0, coin.nominal_coverage or 0.0, top + _ROW / 2
    css = "good" if abs(coverage - nominal) <= _BAND else "bad"
    yield box(x(nominal - _BAND), top, x(nominal + _BAND) - x(nominal - _BAND), _ROW, "band")
    yield line(x(nominal), top, x(nominal), top + _ROW, "target")
    yield text(_LEFT - 8, middle + 4, coin.coin, "name", anchor="end")
    yield line(x(nominal), middle, x(coverage), middle, "stem")
    yield dot(x(coverage), middle, 5, css, hint=f"{coin.coin}: {coverage_text(coin, shown)}")
    yield text(_WIDTH - _RIGHT + 8, middle + 4, percent(coverage, 0))


def trades_chart(report: DailyReport) -> str:
    """The day's trades, a row per coin that traded: up for a long, down for a short, coloured by its result."""
    by_coin: dict[str, list[TradeLine]] = {}
    for trade in report.trades:
        by_coin.setdefault(trade.coin, []).append(trade)
    start = datetime.combine(report.day, time(), UTC)
    x = Scale(low=0, high=24, start=_LEFT, end=_WIDTH - _RIGHT)
    shown = outermost(sorted(by_coin.items()), lambda item: sum(trade.pnl_usd for trade in item[1]))
    height = _ROW * len(shown) + 24
    parts = [line(x(hour), 4, x(hour), height - 18, "grid") for hour in range(0, 25, 6)]
    parts += [text(x(hour), height - 4, f"{hour:02d}:00", anchor="middle") for hour in range(0, 25, 6)]
    for row, (coin, trades) in enumerate(shown):
        middle = _ROW * row + _ROW / 2 + 4
        parts.append(text(_LEFT - 8, middle + 4, coin, "name", anchor="end"))
        parts.append(line(_LEFT, middle, _WIDTH - _RIGHT, middle, "grid"))
        parts += [_trade_mark(trade, start, middle, x) for trade in trades]
        parts.append(text(_WIDTH - _RIGHT + 8, middle + 4, usd(sum(trade.pnl_usd for trade in trades))))
    return picture(_WIDTH, height, "Shadow trades of the day by coin and hour (UTC)", parts)


def pattern_chart(pattern: PatternLine) -> str:
    """A pattern's shape, and behind it the range in which the return over the next horizon lay."""
    points = pattern.shape
    x = Scale(low=0, high=len(points) - 1, start=4, end=130)
    y = Scale(low=min(points), high=max(points), start=60, end=6)
    parts = [path([(x(k), y(value)) for k, value in enumerate(points)], "champion")]
    if pattern.low_return is not None and pattern.high_return is not None and pattern.mean_return is not None:
        reach = max(abs(pattern.low_return), abs(pattern.high_return), 1e-6)
        up = Scale(low=-reach, high=reach, start=60, end=6)
        top, bottom = up(pattern.high_return), up(pattern.low_return)
        css = ("good" if pattern.mean_return > 0 else "bad") if pattern.beats_chance else "chance"
        parts += [line(136, up(0), 176, up(0), "axis"), box(148, top, 16, bottom - top, "band")]
        parts.append(line(146, up(pattern.mean_return), 166, up(pattern.mean_return), f"mean {css}"))
    return picture(180, 66, f"Shape of pattern {pattern.pattern_id} and the range of what followed", parts)


def apart(first: float, second: float) -> tuple[float, float]:
    """The heights of two labels, moved apart where their lines of text would overlap."""
    missing = max(_LINE - abs(first - second), 0.0) / 2
    return (first - missing, second + missing) if first <= second else (first + missing, second - missing)


def _curve(values: Sequence[float], x: Scale, y: Scale, css: str, *, label_y: float) -> Iterator[str]:
    last = len(values) - 1
    yield path([(x(k), y(value)) for k, value in enumerate(values)], css)
    yield dot(x(last), y(values[last]), 3, f"end-{css}")
    yield text(x(last) + 8, label_y + 4, usd(values[last]), f"label {css}-text")


def day_ticks(days: Sequence[date], x: Scale, y: float) -> list[str]:
    """Some of the days below a chart; x counts days from 0."""
    every = max(1, len(days) // 5)
    form = "%d %b" if not days or (days[-1] - days[0]).days < 300 else "%d %b %y"
    return [text(x(k), y, f"{days[k]:{form}}", anchor="middle") for k in range(0, len(days), every)]


def _trade_mark(trade: TradeLine, start: datetime, middle: float, x: Scale) -> str:
    entered = (trade.entered_at - start) / timedelta(hours=1)
    exited = (trade.exited_at - start) / timedelta(hours=1)
    css = "good" if trade.pnl_usd > 0 else "bad"
    top = middle - 8 if trade.side == "long" else middle + 1
    hint = f"{trade.coin} {trade.side} {trade.entered_at:%H:%M} to {trade.exited_at:%H:%M}: {usd(trade.pnl_usd)}"
    return box(x(entered), top, max(x(exited) - x(entered), 2.0), 7, css, hint=f"{hint} ({trade.exit_reason})")


def rent_chart(plan: CostForecast) -> str:
    """Cost against finishing time of each way of renting: a dot, the prices seen upright, 5 to 95 % of nights across."""
    hours = [hour for one in plan.lines for hour in (one.finish_low_hour, one.finish_high_hour)]
    hours += [] if plan.deadline_hour is None else [plan.deadline_hour]
    room = (max(hours) - min(hours)) * 0.06 or 0.1
    x = Scale(low=min(hours) - room, high=max(hours) + room, start=_LEFT + 20, end=_WIDTH - _RIGHT)
    y = Scale(low=0.0, high=max(one.cost_high_usd for one in plan.lines) * 1.1, start=150, end=8)
    parts = [line(x.start, y(0), x.end, y(0), "axis"), text(x.start - 8, y(0) + 4, "0", anchor="end")]
    parts += [text(x(hour), y(0) + 14, f"{hour % 24:02d}:00", anchor="middle") for hour in _whole_hours(x)]
    if plan.deadline_hour is not None and plan.deadline is not None:
        parts.append(line(x(plan.deadline_hour), y.end, x(plan.deadline_hour), y(0), "target"))
        parts.append(text(x(plan.deadline_hour) - 6, y.end + 8, f"deadline {plan.deadline}", anchor="end"))
    for number, one in enumerate(plan.lines):
        parts += _rent_mark(one, x, y)
        beside = x(one.finish_hour) + 10 + 10 * number  # two ways of renting often coincide: both numbers must show
        parts.append(text(beside, y(one.cost_usd) - 6, str(number + 1), "name"))
        bold = "name" if one.is_recommended else "label"
        parts.append(text(x.start, 188 + number * (_LINE + 4), f"{number + 1}  {one.label}", bold))
    return picture(_WIDTH, 188 + len(plan.lines) * (_LINE + 4), "Cost against finishing time of the next night", parts)


def _whole_hours(x: Scale) -> range:
    """At most nine of the whole hours on the scale."""
    first, last = ceil(x.low), floor(x.high)
    return range(first, last + 1, max(1, ceil((last - first + 1) / 9)))


def _rent_mark(one: CostForecastLine, x: Scale, y: Scale) -> Iterator[str]:
    middle, height = x(one.finish_hour), y(one.cost_usd)
    yield line(middle, y(one.cost_low_usd), middle, y(one.cost_high_usd), "axis")
    yield line(x(one.finish_low_hour), height, x(one.finish_high_hour), height, "axis")
    yield dot(middle, height, 6 if one.is_recommended else 4, "good" if one.is_recommended else "past", hint=one.label)
