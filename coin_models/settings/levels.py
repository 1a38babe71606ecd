"""The interval between the outermost quantiles of a forecast: its name, and its nominal coverage; names by level.

Versions with other levels may be shown together, so every text about an interval gets it here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

_COVERAGE: Final = "coverage_"
QUANTILE, REFERENCE, UNCONDITIONAL = "quantile", "reference", "unconditional"
"""Prefixes of columns of a frame of forecasts: of the forecast, of its version's reference, of all outcomes before."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class ForecastInterval:
    """Between two quantile levels, such as 0.05 and 0.95: the 90% interval."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0 < self.low < self.high < 1:
            raise ValueError(f"an interval lies between two levels, ascending, between 0 and 1; found {self}")

    @classmethod
    def of(cls, levels: Sequence[float]) -> Self:
        """The interval between the outermost of these ascending levels."""
        return cls(low=levels[0], high=levels[-1])

    @classmethod
    def of_metrics(cls, metrics: Mapping[str, float | None]) -> Self | None:
        """The interval of the version that these validation metrics belong to; None where they hold no two levels."""
        levels = sorted(float(name.removeprefix(_COVERAGE)) for name in metrics if name.startswith(_COVERAGE))
        return cls.of(levels) if len(levels) > 1 else None

    @property
    def nominal(self) -> float:
        """The share of outcomes that the interval should hold: 0.9 between 0.05 and 0.95."""
        return round(self.high - self.low, 12)

    @property
    def label(self) -> str:
        """Its name, such as "90% interval"."""
        return interval_label(self.nominal)

    def coverage(self, metrics: Mapping[str, float | None]) -> float | None:
        """The share of the validation outcomes that it held, by these metrics; None where they do not say."""
        low, high = metrics.get(coverage_name(self.low)), metrics.get(coverage_name(self.high))
        return high - low if low is not None and high is not None else None


def interval_label(nominal: float) -> str:
    """The name of an interval that should hold this share of the outcomes: 0.9 is the "90% interval"."""
    return f"{round(nominal * 100, 1):g}% interval"


def level_column(prefix: str, level: float) -> str:
    """The column of a quantile level, such as `quantile_0.1`."""
    return f"{prefix}_{level:g}"


def coverage_name(level: float) -> str:
    """The metric that holds the share of outcomes at or below the forecast of this level."""
    return f"{_COVERAGE}{level:g}"
