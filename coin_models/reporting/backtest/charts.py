"""The pictures of a backtest, as inline SVG: equity and drawdown of both books, and skill line by line."""

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import Final

from coin_models.reporting.backtest.result import Book
from coin_models.reporting.leaderboard import SkillLine
from coin_models.reporting.report.charts import apart, day_ticks, skill_rows
from coin_models.reporting.report.numbers import percent
from coin_models.reporting.report.svg import Scale, dot, line, path, picture, text

_WIDTH: Final = 640.0
_LEFT: Final = 76.0
_RIGHT: Final = 76.0
_CSS: Final = ("champion", "challenger")  # of the first book and of the second


def equity_chart(books: Sequence[Book]) -> str:
    """Cumulated return of each book after all costs."""
    return _curves("Cumulated return after costs", books, lambda returns: list(accumulate(returns)))


def drawdown_chart(books: Sequence[Book]) -> str:
    """How far each book is below its highest point."""
    return _curves("Drawdown", books, _drawdowns)


def skill_chart(title: str, lines: Sequence[SkillLine]) -> str:
    """Skill over the reference of each line that has one."""
    return skill_rows(title, [(one.name, one.over_reference) for one in lines if one.over_reference is not None])


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
    ends = [y(curve[-1]) for curve in curves]
    labels = apart(*ends) if len(ends) == 2 else ends
    for book, curve, css, label in zip(books, curves, _CSS, labels, strict=False):
        places = [x(place[day.day]) for day in book.days]
        parts.append(path([(at, y(value)) for at, value in zip(places, curve, strict=True)], css))
        parts.append(dot(places[-1], y(curve[-1]), 3, f"end-{css}", hint=book.name))
        parts.append(text(places[-1] + 8, label + 4, percent(curve[-1], 1, sign=True), f"label {css}-text"))
    parts += day_ticks(days, x, 190)
    return picture(_WIDTH, 196, title, parts)
