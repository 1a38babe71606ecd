"""Rules for the timeframe: every duration in minutes is a whole number of candles, and there are enough candles.

Also converts settings that were formerly given in candles.
"""

from collections.abc import Iterator, Mapping
from math import ceil
from typing import Any, Final

SECONDS: Final[Mapping[str, int]] = {"1m": 60, "5m": 300, "15m": 900, "30m": 1800, "1h": 3600, "4h": 14_400}
"""Length of a candle by name of the timeframe."""

MIN_FIT_CANDLES: Final = 900
"""Candles to fit below which the network does not beat its own start (docs/adr/0088)."""

MIN_PAIRED_BLOCKS: Final = 12
"""Blocks of one horizon that the comparison of two versions needs (`trading/significance.py`)."""

_CANDLES: Final = " candles"
_MINUTES_PER_DAY: Final = 1440


def timeframe_problems(settings: Any) -> Iterator[str]:
    """The name, and whether the days that are fitted hold enough candles."""
    if settings.timeframe not in SECONDS:
        yield f"timeframe: {settings.timeframe!r} is not one of {', '.join(SECONDS)}"
        return
    per_day = 86_400 // SECONDS[settings.timeframe]
    days = settings.training.lookback_days - settings.training.validation_days
    if 0 < days * per_day < MIN_FIT_CANDLES:
        needed = ceil(MIN_FIT_CANDLES / per_day) + settings.training.validation_days
        yield (
            f"timeframe {settings.timeframe}: {days} days to fit hold {days * per_day} candles, {MIN_FIT_CANDLES} are "
            f"needed; raise training.lookback_days to {needed}, or use a shorter timeframe"
        )


def horizon_problems(settings: Any) -> Iterator[str]:
    """Whether the horizon is a whole number of candles, and short enough for days of shadow trades to judge it."""
    horizon, seconds = settings.training.horizon_minutes, SECONDS.get(settings.timeframe)
    if seconds is not None and horizon * 60 % seconds:
        yield (
            f"training.horizon_minutes ({horizon}) is not a whole number of {settings.timeframe} candles; "
            f"give a multiple of {seconds // 60}"
        )
    odd = [more for more in settings.training.more_horizons_minutes if seconds is not None and more * 60 % seconds]
    if odd:
        yield f"training.more_horizons_minutes: {odd[0]} is not a whole number of {settings.timeframe} candles"
    trial = settings.trading.promotion_trial_days
    blocks = trial * max(_MINUTES_PER_DAY // horizon - 1, 0)  # the last one of a day ends in the next
    if blocks < MIN_PAIRED_BLOCKS:
        yield (
            f"training.horizon_minutes ({horizon}): {trial} trial day(s) hold {blocks} whole horizons, {MIN_PAIRED_BLOCKS} "
            "are needed to compare two versions; shorten it, or raise trading.promotion_trial_days"
        )


def in_candles(value: object) -> str:
    """A setting given under its old name, in candles, until the timeframe is known."""
    return f"{value}{_CANDLES}"


def in_minutes(given: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with what was given in candles turned into minutes of the timeframe that was given."""
    minutes = SECONDS.get(str(given.get("timeframe", "5m")), 300) // 60
    return {name: _minutes(value, minutes) for name, value in given.items()}


def _minutes(value: Any, minutes_per_candle: int) -> Any:
    if isinstance(value, Mapping):
        return {name: _minutes(inner, minutes_per_candle) for name, inner in value.items()}
    if isinstance(value, str) and value.endswith(_CANDLES):
        number = value.removesuffix(_CANDLES).strip()
        return int(number) * minutes_per_candle if number.lstrip("-").isdigit() else number
    return value
