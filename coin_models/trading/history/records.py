"""A coin-day of recorded forecasts as the index knows it, before and after it is stored. Values only."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class EncodedDay:
    """What is to be stored."""

    coin: str
    day: date
    data: bytes | None  # None: nothing forecast the coin on the day
    levels: tuple[float, ...]  # of the quantiles, ascending
    num_forecasts: int  # over all roles


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedDay:
    """A row of `forecast_days`."""

    coin: str
    day: date
    key: str | None  # None: nothing forecast the coin on the day
    sha256: str | None
    levels: tuple[float, ...]
    num_forecasts: int
