"""Finds, counts and reports what is unusual about a day of candles; nothing is repaired.

| word | meaning |
|---|---|
| gap | one or more candles missing in a row; before the first candle of a listing day nothing is missing |
| outage | a gap of an hour or more |
| frozen | a candle among at least an hour of them in a row whose price never moved |
| wick | a candle that left its body by more than 2 % and ten times the day's median range |
| listing day | the first day with candles, when earlier days were requested |
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt

from coin_models.market.candles import CLOSE, HIGH, LOW, OPEN, Candles
from coin_models.market.timeframe import DAY_MS, Timeframe, datetime_of_ms, day_start_ms

OUTAGE_SECONDS: Final = 3600
FROZEN_SECONDS: Final = 3600
WICK_MIN: Final = 0.02  # log return beyond the body
WICK_RANGES: Final = 10.0  # times the day's median log range


@dataclass(frozen=True, slots=True, kw_only=True)
class DayQuality:
    """Counts of what is odd in one coin's day; lengths in candles."""

    coin: str
    day: date
    num_candles: int
    num_expected: int
    num_gaps: int = 0
    longest_gap: int = 0
    num_outages: int = 0
    num_frozen: int = 0
    num_wicks: int = 0
    num_zero_volume: int = 0
    num_missing_at_end: int = 0  # after the last candle, up to midnight
    is_listing_day: bool = False
    problems: tuple[str, ...] = ()
    """One sentence for each kind of oddity found, for people."""

    def __post_init__(self) -> None:
        if not 0 <= self.num_candles <= self.num_expected:
            raise ValueError(f"{self.coin} {self.day}: {self.num_candles} candles of {self.num_expected} cannot be")

    @property
    def coverage(self) -> float:
        """Share of the day's candles that are there."""
        return self.num_candles / self.num_expected


def assess_day(coin: str, candles: Candles, day: date, *, asked_from: date) -> DayQuality:
    """Counts gaps, outages, frozen candles, wicks and candles without volume on `day`.

    Args:
        coin: its name.
        candles: the day's candles; those of earlier days tell whether this is the listing day.
        day: the UTC day.
        asked_from: the first day that `candles` were asked for.
    """
    part = candles.slice_days(day, day)
    expected = candles.timeframe.candles_per_day
    if not len(part):
        problem = f"no candle of {expected}"
        return DayQuality(
            coin=coin, day=day, num_candles=0, num_expected=expected, num_gaps=1, longest_gap=expected,
            num_outages=1, num_missing_at_end=expected, problems=(problem,),
        )  # fmt: skip
    is_listing_day = asked_from < day and int(part.open_time_ms[0]) == int(candles.open_time_ms[0])
    gaps = _gaps(part, day, is_listing_day)
    counts = {
        "num_gaps": len(gaps),
        "longest_gap": int(gaps.max(initial=0)),
        "num_outages": int((gaps * part.timeframe.seconds >= OUTAGE_SECONDS).sum()),
        "num_frozen": int(_in_frozen_run(part).sum()),
        "num_wicks": int(_is_wick(part).sum()),
        "num_zero_volume": int((part.volume == 0).sum()),
        "num_missing_at_end": int((day_start_ms(day) + DAY_MS - int(part.open_time_ms[-1])) // part.timeframe.ms - 1),
    }
    return DayQuality(
        coin=coin,
        day=day,
        num_candles=len(part),
        num_expected=expected,
        is_listing_day=is_listing_day,
        problems=_sentences(part, counts, is_listing_day),
        **counts,
    )


def _gaps(part: Candles, day: date, is_listing_day: bool) -> npt.NDArray[np.int64]:
    """Lengths in candles of the day's gaps, the one before the first candle and the one after the last included."""
    before = int(part.open_time_ms[0]) if is_listing_day else day_start_ms(day)
    edges = np.concatenate(([before - part.timeframe.ms], part.open_time_ms, [day_start_ms(day) + DAY_MS]))
    missing = np.diff(edges) // part.timeframe.ms - 1
    return missing[missing > 0]


def _in_frozen_run(part: Candles) -> npt.NDArray[np.bool_]:
    """Whether each candle is one of a run, an hour or longer, without any movement."""
    flat = part.ohlcv[:, HIGH] == part.ohlcv[:, LOW]
    moved = (part.close[1:] != part.close[:-1]) | ~flat[1:] | ~flat[:-1]
    run = np.cumsum(np.concatenate(([False], moved)))
    return np.asarray(flat & (np.bincount(run)[run] >= _candles_of(FROZEN_SECONDS, part.timeframe)))


def _candles_of(seconds: int, timeframe: Timeframe) -> int:
    return max(2, seconds // timeframe.seconds)


def _is_wick(part: Candles) -> npt.NDArray[np.bool_]:
    prices = np.log(part.ohlcv[:, [OPEN, HIGH, LOW, CLOSE]])
    opens, highs, lows, closes = prices.T
    beyond_body = np.maximum(highs - np.maximum(opens, closes), np.minimum(opens, closes) - lows)
    return np.asarray(beyond_body > max(WICK_MIN, WICK_RANGES * float(np.median(highs - lows))))


def _sentences(part: Candles, counts: dict[str, int], is_listing_day: bool) -> tuple[str, ...]:
    sentences = []
    if is_listing_day:
        sentences.append(f"listing day: first candle {datetime_of_ms(int(part.open_time_ms[0])):%H:%M} UTC")
    if counts["num_gaps"]:
        sentences.append(f"{counts['num_gaps']} gap(s), longest {counts['longest_gap']} candles")
    if counts["num_outages"]:
        sentences.append(f"{counts['num_outages']} outage(s) of an hour or more")
    if counts["num_frozen"]:
        sentences.append(f"{counts['num_frozen']} frozen candles")
    if counts["num_wicks"]:
        sentences.append(f"{counts['num_wicks']} wick(s)")
    if counts["num_zero_volume"]:
        sentences.append(f"{counts['num_zero_volume']} candles without volume")
    return tuple(sentences)
