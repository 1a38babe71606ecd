"""The known facts of each stored day of a coin's candles, as arrays, and the digest of a window.

The rules over these facts are in `eligibility`.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from coin_models.market.candles import CLOSE, VOLUME, Candles, TimesMs, Values
from coin_models.market.timeframe import DAY_MS, Timeframe

DAY_DTYPE: Final = np.dtype(
    [
        ("digest", "<u8", (4,)),  # SHA-256 of the day's candles, as `day_digest`; 0: no candles, or not stored
        ("turnover", "<f8"),  # sum of volume times close, in the quote asset
        ("volatility", "<f8"),  # of the day's log return, a fraction, as `day_volatility`
        ("asked_at", "<u4"),  # UTC epoch seconds at which the source was last asked; 0: by the version before
        ("first_open_ms", "<i4"),  # opening of the first candle, milliseconds after midnight; -1 without candles
        ("num_candles", "<i2"),  # -1: not stored
        ("num_traded", "<i2"),  # candles with a volume
        ("num_answers", "<u1"),  # answers of the source that agree with what is stored, up to 255
        ("flags", "<u1"),  # OPEN, ENDED, LEGACY_KEY, SUBSTITUTE
        ("source", "<u1"),  # index into the names of the sources
        ("spare", "<u1"),
    ]
)
OPEN: Final = 1
"""The source was asked, and has shown neither the day's last candle nor a later one. The day is not stored."""
ENDED: Final = 2
"""The source was asked, and says that no candle of the coin will come any more: after this day, where it is stored, and
on it, where it is not."""
LEGACY_KEY: Final = 4
"""The day's candles lie under the key that the version before gave them, without a digest in it."""

SUBSTITUTE: Final = 8
"""Another exchange than the first of the list gave the day's candles; they are replaced once the first is back."""

Rows = npt.NDArray[np.void]
Ordinals = npt.NDArray[np.int64]
Digests = npt.NDArray[np.uint64]

_RETURN_CAP: Final = 5.0  # times the 68 % quantile of the moves: one wick must not turn a stablecoin into a coin
_EPOCH_ORDINAL: Final = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class History:
    """One coin's days from `first_day` on, one row of `DAY_DTYPE` for each; the days before and after are unknown."""

    timeframe: Timeframe
    first_day: date
    rows: Rows  # (T,)
    sources: tuple[tuple[int, tuple[str, ...]], ...] = ()
    """For each stretch of days its first position and the names of where they came from, which `source` is an index into."""
    beside: Digests | None = None
    """(T, 4) digests of what else is read of each day, beside the candles; None: nothing is."""

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def digest(self) -> Digests:
        """(T, 4) the SHA-256 of each day's candles; 0 where there are none and where the day is not stored."""
        return np.asarray(self.rows["digest"])

    @property
    def num_candles(self) -> npt.NDArray[np.int32]:
        """(T,) candles of each day; -1 where the day is not stored."""
        return np.asarray(self.rows["num_candles"]).astype(np.int32)

    @property
    def num_traded(self) -> npt.NDArray[np.int32]:
        """(T,) candles with a volume."""
        return np.asarray(self.rows["num_traded"]).astype(np.int32)

    @property
    def turnover(self) -> npt.NDArray[np.float64]:
        """(T,) each day's turnover in the quote asset."""
        return np.asarray(self.rows["turnover"])

    @property
    def volatility(self) -> npt.NDArray[np.float64]:
        """(T,) each day's volatility of the daily log return, a fraction."""
        return np.asarray(self.rows["volatility"])

    @property
    def first_open_ms(self) -> npt.NDArray[np.int64]:
        """(T,) UTC epoch milliseconds at which each day's first candle opened; -1 without candles."""
        offset = np.asarray(self.rows["first_open_ms"]).astype(np.int64)
        midnight = (self.first_day.toordinal() - _EPOCH_ORDINAL + np.arange(len(self))) * DAY_MS
        return np.where(offset < 0, -1, midnight + offset)

    @property
    def flags(self) -> npt.NDArray[np.uint8]:
        """(T,) `OPEN`, `ENDED`, `LEGACY_KEY` and `SUBSTITUTE` of each day."""
        return np.asarray(self.rows["flags"])

    def index_of(self, day: date) -> int | None:
        """The day's position; None outside of what is known."""
        index = day.toordinal() - self.first_day.toordinal()
        return index if 0 <= index < len(self) else None

    def day(self, index: int) -> date:
        """The day at a position."""
        return self.first_day + timedelta(days=int(index))

    def until(self, num_days: int) -> "History":
        """Its first `num_days` days."""
        beside = self.beside[:num_days] if self.beside is not None else None
        return replace(self, rows=self.rows[:num_days], beside=beside)

    def source_of(self, index: int) -> str:
        """Where the day at this position came from; empty where nothing is known of it."""
        names = next((names for start, names in reversed(self.sources) if start <= index), ())
        return source_name(self.rows[index], names)

    def window_digest(self, ordinals: Ordinals, num_days: int) -> Digests:
        """(N, 4) the digest of the `num_days` days that end with each of these days: their sum modulo 2**64, by lane.

        Args:
            ordinals: (N,) days, as `date.toordinal`.
            num_days: length of the window.

        A day's own digest holds its date, so that the same candles on other days give another sum. What is read beside the
        candles is part of it.
        """
        totals = np.zeros((len(self) + 1, 4), np.uint64)
        digests = self.digest if self.beside is None else self.digest + self.beside
        np.cumsum(digests, axis=0, out=totals[1:])
        end = np.asarray(ordinals, np.int64) - self.first_day.toordinal() + 1
        stop, start = (np.minimum(np.maximum(at, 0), len(self)) for at in (end, end - num_days))
        return totals.take(stop, axis=0) - totals.take(start, axis=0)


def empty_history(timeframe: Timeframe, first_day: date) -> History:
    """A coin of which nothing is known."""
    return History(timeframe=timeframe, first_day=first_day, rows=unknown_days(0))


def unknown_days(num_days: int) -> Rows:
    """Rows of days of which nothing is known."""
    rows = np.zeros(num_days, DAY_DTYPE)
    rows["num_candles"] = rows["first_open_ms"] = -1
    return rows


def row_of(history: History, day: date) -> Any:
    """The day's row; one that says that nothing is known where the history does not reach."""
    index = history.index_of(day)
    return unknown_days(1)[0] if index is None else history.rows[index]


def day_digest(candles: Candles, day: date) -> bytes:
    """SHA-256 of one day's candles, its date and the timeframe; the coin is not part of it. Zeros without candles.

    Without candles it is zero, so that a day known to be empty and one never asked for are the same to a window.
    """
    return digest_of(candles.timeframe, day, candles.open_time_ms, candles.ohlcv)


def digest_of(timeframe: Timeframe, day: date, times: TimesMs, values: Values) -> bytes:
    """As `day_digest`, of the day's open times (N,) and values (N, 5)."""
    if not len(times):
        return bytes(32)
    content = hashlib.sha256(f"candle day/1 {timeframe.seconds} {day.isoformat()}\n".encode())
    content.update(times.astype("<i8", copy=False).tobytes())
    content.update(values.astype("<f8", copy=False).tobytes())
    return content.digest()


def day_volatility(candles: Candles) -> float:
    """Standard deviation of the daily log return, estimated from one day's candles, a fraction; jumps are capped."""
    returns = np.diff(np.log(candles.close))
    moves = np.abs(returns[returns != 0])
    if not len(moves):
        return 0.0
    cap = _RETURN_CAP * float(np.quantile(moves, 0.68))
    capped = np.clip(returns, -cap, cap)
    return float(np.sqrt(np.mean(capped**2) * candles.timeframe.candles_per_day))


def day_facts(
    candles: Candles, day: date, *, asked_at: int = 0, num_answers: int = 0, flags: int = 0, source: int = 0
) -> Rows:
    """The row, (1,), of a stored day: `candles` are exactly that day's.

    Args:
        candles: the day's candles, none included.
        day: the UTC day.
        asked_at: UTC epoch seconds. num_answers, flags, source: as in `DAY_DTYPE`.
    """
    row = unknown_days(1)
    row["asked_at"], row["num_answers"], row["flags"], row["source"] = asked_at, min(num_answers, 255), flags, source
    row["num_candles"] = len(candles)
    if len(candles):
        row["digest"] = np.frombuffer(day_digest(candles, day), "<u8")
        row["turnover"] = float((candles.ohlcv[:, VOLUME] * candles.ohlcv[:, CLOSE]).sum())
        row["volatility"] = day_volatility(candles)
        row["first_open_ms"] = int(candles.open_time_ms[0]) % DAY_MS
        row["num_traded"] = int((candles.volume > 0).sum())
    return row


def source_name(row: Any, names: Sequence[str]) -> str:
    """The name of a row's source; empty where nothing is known of the day."""
    is_known = row["num_candles"] >= 0 or row["flags"]
    return names[int(row["source"])] if is_known and int(row["source"]) < len(names) else ""


def digest_hex(row: Any) -> str:
    """The digest of one row in hex, as in the key of the day's object."""
    return np.asarray(row["digest"]).tobytes().hex()
