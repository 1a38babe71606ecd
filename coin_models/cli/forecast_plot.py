"""The picture of `predict COIN --plot`, as text: the forecast band against what happened, and the forecast of now."""

from collections.abc import Sequence
from dataclasses import replace
from textwrap import wrap
from typing import TYPE_CHECKING, Final

from coin_models.settings.levels import interval_label

if TYPE_CHECKING:
    from coin_models.registry.forecast import Forecast
    from coin_models.reporting.report.band import BandPoint, ForecastBand

_MARGIN: Final = 9  # columns of the scale
_NOW: Final = 3  # columns of the forecast of now
_ROWS: Final = 15
_BAND, _INSIDE, _OUTSIDE, _ZERO, _EDGE, _MEDIAN = "░", "●", "✗", "·", "│", "─"


def plot_lines(band: "ForecastBand | None", forecast: "Forecast", *, width: int = 80) -> list[str]:
    """Lines of at most `width` columns: a column per past forecast, the newest at the right, and beside it the one of now."""
    shown = replace(band, points=band.points[-max(width - _MARGIN - _NOW, 1) :]) if band else None
    points = shown.points if shown else ()
    levels = sorted(forecast.returns)
    now = [forecast.returns[level] for level in levels]
    values = [value for one in points for value in (one.low, one.high, one.realised) if value is not None]
    low, high = min(0.0, *now, *values), max(0.0, *now, *values)

    def row(value: float) -> int:
        return round((high - value) / (high - low) * (_ROWS - 1)) if high > low else 0

    columns = [_past(one, row(one.low), row(one.high), row(one.realised or 0.0)) for one in points]
    columns += [[" "] * _ROWS, *[_present(row(now[0]), row(now[-1]), row(now[len(now) // 2]))] * (_NOW - 1)]
    zero = row(0.0)
    lines = []
    for number in range(_ROWS):
        label = {0: high, _ROWS - 1: low}.get(number, 0.0 if number == zero else None)
        cells = "".join(column[number] for column in columns)
        row_text = cells.replace(" ", _ZERO) if number == zero else cells
        lines.append(f"{'' if label is None else f'{label:+.2%}':>{_MARGIN - 1}} {row_text}".rstrip())
    interval = interval_label(round(levels[-1] - levels[0], 12))
    past = (
        f"{_BAND} {interval} as forecast at the time, {_INSIDE} what followed, {_OUTSIDE} where outside: {shown}"
        if shown
        else ("no forecast is recorded yet: what followed is shown once a day was traded")
    )
    return [
        *lines,
        _days(points),
        *wrap(f"return until the end of the horizon; {past}; {_EDGE} the {interval} now", width),
    ]


def _past(point: "BandPoint", low: int, high: int, realised: int) -> list[str]:
    cells = [_BAND if high <= number <= low else " " for number in range(_ROWS)]
    if point.realised is not None:
        cells[realised] = _INSIDE if point.is_inside else _OUTSIDE
    return cells


def _present(low: int, high: int, median: int) -> list[str]:
    cells = [_EDGE if high <= number <= low else " " for number in range(_ROWS)]
    cells[median] = _MEDIAN
    return cells


def _days(points: "Sequence[BandPoint]") -> str:
    """Below the first column of each UTC day its date, where there is room."""
    text = " " * _MARGIN
    for place, point in enumerate(points):
        begins = place == 0 or point.made_at.date() != points[place - 1].made_at.date()
        if begins and len(text) <= _MARGIN + place:
            text = text.ljust(_MARGIN + place) + f"{point.made_at:%d %b} "
    return text.rstrip()
