"""The forecast band of a coin against what happened, as a value and as inline SVG; the terminal's picture is in the CLI."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from coin_models.reporting.report.numbers import percent
from coin_models.reporting.report.svg import Scale, area, dot, line, path, picture, text
from coin_models.settings.levels import interval_label

_WIDTH: Final = 640.0
_HEIGHT: Final = 216.0
_LEFT, _RIGHT = 64.0, 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BandPoint:
    """One forecast and its outcome; simple returns over the horizon, fractions."""

    made_at: datetime
    valid_until: datetime
    low: float  # the lowest quantile
    high: float  # the highest
    realised: float | None  # None: not known

    @property
    def is_inside(self) -> bool:
        """Whether what happened is within the interval; False where it is not known."""
        return self.realised is not None and self.low <= self.realised <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class ForecastBand:
    """Forecasts of one coin as they were made, one per horizon, so that no two span the same time."""

    coin: str
    nominal: float  # share of outcomes that the interval should hold
    points: tuple[BandPoint, ...]  # oldest first, one at least

    def __str__(self) -> str:
        """How many outcomes were inside, such as `118 of 144 outcomes within the 80% interval (81.9 %)`."""
        finite = [point for point in self.points if point.realised is not None]
        inside = sum(point.is_inside for point in finite)
        share = f" ({percent(inside / len(finite))})" if finite else ""
        return f"{inside} of {len(finite)} outcomes within the {interval_label(self.nominal)}{share}"

    def stretches(self) -> Iterator[tuple[BandPoint, ...]]:
        """The points without the gaps: in each part one begins where the one before ends."""
        part: list[BandPoint] = []
        for point in self.points:
            if part and part[-1].valid_until != point.made_at:
                yield tuple(part)
                part = []
            part.append(point)
        yield tuple(part)


def band_chart(band: ForecastBand) -> str:
    """The interval as an area, the returns that followed as a line, a dot where one is outside."""
    start, end = band.points[0].valid_until, band.points[-1].valid_until
    values = [value for one in band.points for value in (one.low, one.high, one.realised) if value is not None]
    low, high = min(0.0, *values), max(0.0, *values)
    room = (high - low) * 0.06 or 0.001
    x = Scale(low=0, high=(end - start) / timedelta(hours=1) or 1.0, start=_LEFT, end=_WIDTH - _RIGHT)
    y = Scale(low=low - room, high=high + room, start=190, end=12)

    def at(point: BandPoint, value: float) -> tuple[float, float]:
        return x((point.valid_until - start) / timedelta(hours=1)), y(value)

    parts = [line(_LEFT, y(0), _WIDTH - _RIGHT, y(0), "axis"), text(_LEFT - 8, y(0) + 4, "0", anchor="end")]
    parts += [
        text(_LEFT - 8, y(value) + 4, percent(value, 1, sign=True), anchor="end") for value in (low, high) if value
    ]
    for part in band.stretches():
        edge = [at(one, one.high) for one in part] + [at(one, one.low) for one in reversed(part)]
        parts.append(area(edge, "band"))
        parts.append(path([at(one, one.realised) for one in part if one.realised is not None], "champion thin"))
    parts += [
        dot(
            *at(one, one.realised),
            2.5,
            "bad",
            hint=f"{one.valid_until:%d %b %H:%M}: {percent(one.realised, 2, sign=True)}",
        )
        for one in band.points
        if one.realised is not None and not one.is_inside
    ]
    parts += [
        text(at(one, 0)[0], 208, f"{one.valid_until:%d %b}", anchor="middle")
        for one in band.points
        if one.valid_until.hour == one.valid_until.minute == 0
    ]
    return picture(_WIDTH, _HEIGHT, f"{band.coin}: forecast interval and what happened", parts)
