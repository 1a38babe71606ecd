"""The pictures of a backtest, as inline SVG: equity and drawdown of both books, and skill line by line."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import accumulate
from typing import Final

from coin_models.reporting.backtest.result import Book
from coin_models.reporting.leaderboard import SkillLine
from coin_models.reporting.report.charts import outermost
from coin_models.reporting.report.numbers import percent, signed
from coin_models.reporting.report.svg import Scale, dot, line, path, picture, text

_WIDTH: Final = 640.0
_ROW: Final = 22.0
_LEFT: Final = 76.0
_RIGHT: Final = 76.0
_LINE: Final = 13.0  # height of a line of text
_CSS: Final = ("champion", "challenger")  # of the first book and of the second


def equity_chart(books: Sequence[Book]) -> str:
    """Cumulated return of each book after all costs."""
    return _curves("Cumulated return after costs", books, lambda returns: list(accumulate(returns)))


def drawdown_chart(books: Sequence[Book]) -> str:
    """How far each book is below its highest point."""
    return _curves("Drawdown", books, _drawdowns)


def skill_chart(title: str, lines: Sequence[SkillLine]) -> str:
    """Skill over the reference: a dot on its interval; of many lines the highest and the lowest."""
    having = [(one.name, one.over_reference) for one in lines if one.over_reference is not None]
    shown = outermost(having, lambda item: item[1].mean)
    ends = [end for _, skill in shown for end in (skill.mean, skill.low, skill.high) if end is not None]
    x = Scale(low=min((0.0, *ends)), high=max((0.001, *ends)), start=_LEFT + 6, end=_WIDTH - _RIGHT - 6)
    height = _ROW * len(shown) + 24
    parts = [line(x(0), 4, x(0), height - 18, "axis"), text(x(0), height - 4, "0", anchor="middle")]
    for row, (name, skill) in enumerate(shown):
        middle = _ROW * row + _ROW / 2 + 4
        parts.append(text(_LEFT - 8, middle + 4, name, "name", anchor="end"))
        if skill.low is not None and skill.high is not None:
            parts.append(line(x(skill.low), middle, x(skill.high), middle, "stem"))
        parts.append(dot(x(skill.mean), middle, 5, "good" if skill.mean > 0 else "bad", hint=f"{name}: {skill}"))
        parts.append(text(_WIDTH - _RIGHT + 8, middle + 4, signed(skill.mean, 4)))
    return picture(_WIDTH, height, title, parts)


def _drawdowns(returns: Sequence[float]) -> list[float]:
    cumulated = list(accumulate(returns))
    return [value - max(0.0, *cumulated[: k + 1]) for k, value in enumerate(cumulated)]


def _curves(title: str, books: Sequence[Book], values_of: Callable[[Sequence[float]], list[float]]) -> str:
    days = sorted({day.day for book in books for day in book.days})
    place = {day: k for k, day in enumerate(days)}
    curves = [values_of([day.net_return for day in book.days]) for book in books]
    shown = [0.0, *(value for curve in curves for value in curve)]
    low, high = min(shown), max(shown)
    room = (high - low) * 0.08 or 0.01
    x = Scale(low=0, high=max(len(days) - 1, 1), start=_LEFT, end=_WIDTH - _RIGHT)
    y = Scale(low=low - room, high=high + room, start=170, end=12)
    parts = [line(_LEFT, y(0), _WIDTH - _RIGHT, y(0), "axis"), text(_LEFT - 8, y(0) + 4, "0", anchor="end")]
    parts += [
        text(_LEFT - 8, y(end) + 4, percent(end, 1, sign=True), anchor="end")
        for end in (low, high)
        if abs(end) >= 0.0005
    ]
    labels = _apart([y(curve[-1]) for curve in curves])
    for book, curve, css, label in zip(books, curves, _CSS, labels, strict=False):
        places = [x(place[day.day]) for day in book.days]
        parts.append(path([(at, y(value)) for at, value in zip(places, curve, strict=True)], css))
        parts.append(dot(places[-1], y(curve[-1]), 3, f"end-{css}", hint=book.name))
        parts.append(text(places[-1] + 8, label + 4, percent(curve[-1], 1, sign=True), f"label {css}-text"))
    parts += _day_ticks(days, x, 190)
    return picture(_WIDTH, 196, title, parts)


def _apart(heights: Sequence[float]) -> list[float]:
    """Heights of labels, moved apart where their lines of text would overlap."""
    if len(heights) < 2:
        return list(heights)
    first, second = heights
    missing = max(_LINE - abs(first - second), 0.0) / 2
    return [first - missing, second + missing] if first <= second else [first + missing, second - missing]


def _day_ticks(days: Sequence[date], x: Scale, y: float) -> Iterator[str]:
    every = max(1, len(days) // 5)
    for k in range(0, len(days), every):
        yield text(x(k), y, f"{days[k]:%d %b %y}", anchor="middle")
