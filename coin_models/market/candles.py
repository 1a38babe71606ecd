"""Candles of one coin as a value that refuses bad data at construction.

It refuses what can only be a defect of the data. Gaps and wicks are facts of a market; `quality` reports them.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from coin_models.errors import CandlesRejected
from coin_models.market.timeframe import DAY_MS, Timeframe, datetime_of_ms, day_of_ms, day_start_ms

if TYPE_CHECKING:
    import pandas as pd

COLUMNS: Final = ("open", "high", "low", "close", "volume")
OPEN, HIGH, LOW, CLOSE, VOLUME = range(5)

TimesMs = npt.NDArray[np.int64]
Values = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Candles:
    """OHLCV of one coin: ascending, unique, on the grid, finite, positive, OHLC-consistent.

    Gaps are allowed: a missing candle is a fact, not a defect. The arrays are read-only.

    Raises:
        CandlesRejected: naming the rule, the first candle that breaks it and how many do.
    """

    timeframe: Timeframe
    open_time_ms: TimesMs  # (N,) UTC epoch milliseconds at which each candle opened
    ohlcv: Values  # (N, 5) open, high, low, close in the quote asset; volume in the base asset

    def __post_init__(self) -> None:
        times = np.array(self.open_time_ms, dtype=np.int64)
        values = np.array(self.ohlcv, dtype=np.float64, order="C") + 0.0  # no negative zero: equal values, equal digest
        if times.ndim != 1 or values.shape != (len(times), 5):
            raise CandlesRejected(f"candles need times (N,) and ohlcv (N, 5); found {times.shape} and {values.shape}")
        problem = find_problem(times, values, self.timeframe)
        if problem is not None:
            row, reason = problem
            raise CandlesRejected(
                f"candle {row} of {len(times)} ({datetime_of_ms(times[row]):%Y-%m-%d %H:%M} UTC): {reason}"
            )
        times.flags.writeable = values.flags.writeable = False
        object.__setattr__(self, "open_time_ms", times)
        object.__setattr__(self, "ohlcv", values)

    def __len__(self) -> int:
        return len(self.open_time_ms)

    @property
    def close(self) -> Values:
        """Closing prices, (N,)."""
        return self.ohlcv[:, CLOSE]

    @property
    def volume(self) -> Values:
        """Volumes in the base asset, (N,)."""
        return self.ohlcv[:, VOLUME]

    @property
    def last_close_time(self) -> datetime | None:
        """When the newest candle closed; None without candles."""
        return datetime_of_ms(self.open_time_ms[-1] + self.timeframe.ms) if len(self) else None

    @property
    def days(self) -> list[date]:
        """The UTC days that hold at least one candle, ascending."""
        return [day_of_ms(number * DAY_MS) for number in np.unique(self.open_time_ms // DAY_MS)]

    def slice_days(self, first: date, last: date) -> "Candles":
        """The candles that opened on the UTC days `first` to `last`, both included."""
        bounds = np.searchsorted(self.open_time_ms, [day_start_ms(first), day_start_ms(last) + DAY_MS])
        return self._part(slice(*bounds))

    def closed_by(self, now: datetime) -> "Candles":
        """The candles that had closed at `now`: never the forming one."""
        newest_open_ms = int(now.timestamp() * 1000) - self.timeframe.ms
        return self._part(slice(0, int(np.searchsorted(self.open_time_ms, newest_open_ms, side="right"))))

    def digest(self) -> str:
        """SHA-256 in hex of the timeframe and the values; equal candles have equal digests on every machine."""
        content = hashlib.sha256(f"candles/1 {self.timeframe.seconds}\n".encode())
        content.update(self.open_time_ms.astype("<i8", copy=False).tobytes())
        content.update(self.ohlcv.astype("<f8", copy=False).tobytes())
        return content.hexdigest()

    def to_frame(self) -> "pd.DataFrame":
        """A DataFrame with the UTC index `open_time` and the columns open, high, low, close, volume."""
        import pandas as pd

        index = pd.DatetimeIndex(self.open_time_ms.astype("datetime64[ms]"), name="open_time").tz_localize("UTC")
        return pd.DataFrame(np.array(self.ohlcv), index=index, columns=list(COLUMNS))

    def _part(self, rows: slice) -> "Candles":
        return Candles(timeframe=self.timeframe, open_time_ms=self.open_time_ms[rows], ohlcv=self.ohlcv[rows])


def empty_candles(timeframe: Timeframe) -> Candles:
    """No candles: what a source says about days on which there was no market."""
    return Candles(timeframe=timeframe, open_time_ms=np.empty(0, np.int64), ohlcv=np.empty((0, 5)))


def find_problem(times: TimesMs, ohlcv: Values, timeframe: Timeframe) -> tuple[int, str] | None:
    """The first rule that these rows break: the row's index and the reason; None when all is good.

    Args:
        times: (N,) epoch milliseconds. ohlcv: (N, 5).
    """
    problem = _find_bad_values(ohlcv)
    off_grid = times % timeframe.ms != 0
    if problem is None and off_grid.any():
        problem = _first(off_grid, f"opens off the {timeframe.name} grid")
    later: npt.NDArray[np.bool_] = np.diff(times) > 0
    if problem is None and not later.all():
        row, reason = _first(np.logical_not(later), "opens no later than the candle before it")
        problem = row + 1, reason
    return problem


def _find_bad_values(ohlcv: Values) -> tuple[int, str] | None:
    if not np.isfinite(ohlcv).all():
        return _first(~np.isfinite(ohlcv).all(axis=1), "holds a value that is not a finite number")
    opens, highs, lows, closes, volumes = ohlcv.T
    rules = (
        (lows <= 0, "has a price of zero or less"),
        ((opens > highs) | (closes > highs), "closes or opens above its high"),
        ((opens < lows) | (closes < lows), "closes or opens below its low"),
        (volumes < 0, "has a negative volume"),
    )
    return next((_first(bad, reason) for bad, reason in rules if bad.any()), None)


def _first(bad: npt.ArrayLike, reason: str) -> tuple[int, str]:
    count = int(np.sum(bad))
    return int(np.argmax(bad)), reason if count == 1 else f"{reason} (and {count - 1} more do)"


def merge(a: Candles, b: Candles) -> Candles:
    """The candles of both; what both hold must be equal. Idempotent, and the order does not matter.

    Raises:
        CandlesRejected: the timeframes differ, or a candle has other values in `b` than in `a`.
    """
    return concat((a, b))


def concat(parts: Iterable[Candles]) -> Candles:
    """The candles of all parts, in time order; candles held twice must be equal.

    Raises:
        CandlesRejected: there are no parts, their timeframes differ, or values of the same candle differ.
    """
    tables: Sequence[Candles] = tuple(parts)
    timeframes = {table.timeframe for table in tables}
    if len(timeframes) != 1:
        names = ", ".join(sorted(timeframe.name for timeframe in timeframes)) or "nothing"
        raise CandlesRejected(f"only candles of one timeframe can be joined; found {names}")
    times = np.concatenate([table.open_time_ms for table in tables])
    values = np.concatenate([table.ohlcv for table in tables])
    if not (np.diff(times) > 0).all():
        times, values = _sorted_and_unique(times, values)
    return Candles(timeframe=timeframes.pop(), open_time_ms=times, ohlcv=values)


def _sorted_and_unique(times: TimesMs, values: Values) -> tuple[TimesMs, Values]:
    order = np.argsort(times, kind="stable")
    times, values = times[order], values[order]
    repeated = np.concatenate(([False], times[1:] == times[:-1]))
    differing = repeated & np.concatenate(([False], (values[1:] != values[:-1]).any(axis=1)))
    if differing.any():
        row = int(differing.argmax())
        raise CandlesRejected(
            f"{int(differing.sum())} candle(s) have two different values, "
            f"first {datetime_of_ms(times[row]):%Y-%m-%d %H:%M} UTC: "
            f"{values[row - 1].tolist()} and {values[row].tolist()}; remove one of the sources"
        )
    return times[~repeated], values[~repeated]
