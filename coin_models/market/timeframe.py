"""The length of a candle as a value: its seconds, its name, and the number per day."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Final

from coin_models.errors import UsageError

DAY_MS: Final = 86_400_000
_EPOCH: Final = date(1970, 1, 1)
_UNIT_SECONDS: Final = {"m": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True, slots=True, order=True)
class Timeframe:
    """The length of a candle. A day holds a whole number of them, so that days can be stored one by one."""

    seconds: int
    name: str

    def __post_init__(self) -> None:
        if self.seconds <= 0 or 86_400 % self.seconds:
            raise UsageError(
                f"timeframe {self.name!r}: a day is not a whole number of {self.seconds} s candles; try 5m, 1h or 4h"
            )

    @property
    def ms(self) -> int:
        """Length in milliseconds, the unit of `Candles.open_time_ms`."""
        return self.seconds * 1000

    @property
    def candles_per_day(self) -> int:
        """Candles in a whole UTC day."""
        return 86_400 // self.seconds


@cache
def parse_timeframe(name: str) -> Timeframe:
    """Reads ccxt's spelling of a timeframe, such as `5m`, `1h` or `1d`.

    Raises:
        UsageError: the name is no number of minutes, hours or days, or does not divide a day.
    """
    match = re.fullmatch(r"([1-9]\d{0,4})([mhd])", name)
    if match is None:
        raise UsageError(f"timeframe {name!r} is not understood; write a number and m, h or d, such as 5m")
    return Timeframe(int(match[1]) * _UNIT_SECONDS[match[2]], name)


def day_start_ms(day: date) -> int:
    """UTC epoch milliseconds of the day's midnight."""
    return (day - _EPOCH).days * DAY_MS


def day_of_ms(time_ms: int) -> date:
    """The UTC day that holds an epoch time in milliseconds."""
    return _EPOCH + timedelta(days=int(time_ms) // DAY_MS)


def datetime_of_ms(time_ms: int) -> datetime:
    """The UTC-aware time of an epoch time in milliseconds."""
    return datetime.fromtimestamp(int(time_ms) / 1000, UTC)


def days_between(first: date, last: date) -> list[date]:
    """All days from `first` to `last`, both included; none when `last` is earlier."""
    return [first + timedelta(days=k) for k in range((last - first).days + 1)]
