"""A user's own table beside the candles, such as funding rates: values, and when each became known."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from coin_models.market.history import Digests, History
from coin_models.market.timeframe import DAY_MS, day_start_ms

if TYPE_CHECKING:
    import pandas as pd

_LANES: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OwnTable:
    """N rows of C values, ascending by the moment from which they may be used.

    Raises:
        ValueError: the shapes do not fit, or the rows do not ascend.
    """

    known_at_ms: NDArray[np.int64]  # (N,) UTC epoch milliseconds
    values: NDArray[np.float64]  # (N, C); NaN where a value is missing

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.values.shape[0] != len(self.known_at_ms):
            raise ValueError(
                f"a table needs times (N,) and values (N, C); found {self.known_at_ms.shape}, {self.values.shape}"
            )
        if (np.diff(self.known_at_ms) < 0).any():
            raise ValueError("the rows of a table must ascend by the moment from which they are known")

    @classmethod
    def of_frame(cls, frame: "pd.DataFrame") -> "OwnTable":
        """A DataFrame of numbers whose index, of UTC moments, says when each row became known."""
        index = frame.index.tz_localize("UTC") if frame.index.tz is None else frame.index.tz_convert("UTC")  # type: ignore[attr-defined]
        times = index.as_unit("ms").asi8
        return cls(known_at_ms=times.astype(np.int64), values=frame.to_numpy(dtype=np.float64))

    def as_of(self, at_ms: NDArray[np.int64], column: int = 0) -> NDArray[np.float64]:
        """The newest value of a column that was known at each of these moments, (T,); NaN before the first."""
        rows = np.searchsorted(self.known_at_ms, at_ms, side="right") - 1
        values = np.full(len(at_ms), np.nan)
        values[rows >= 0] = self.values[rows[rows >= 0], column]
        return values

    def until(self, at_ms: int) -> "OwnTable":
        """What was known at that moment."""
        num_rows = int(np.searchsorted(self.known_at_ms, at_ms, side="right"))
        return OwnTable(known_at_ms=self.known_at_ms[:num_rows], values=self.values[:num_rows])

    def day_digests(self, name: str, first_ordinal: int, num_days: int) -> Digests:
        """(T, 4) SHA-256 of the rows that became known on each day; 0 where none did.

        Args:
            name: of the feature set.
            first_ordinal: the first day, as `date.toordinal`.
            num_days: T.
        """
        digests = np.zeros((num_days, _LANES), np.uint64)
        start_ms = day_start_ms(date.fromordinal(first_ordinal))
        edges = np.searchsorted(self.known_at_ms, start_ms + np.arange(num_days + 1, dtype=np.int64) * DAY_MS)
        for day in np.flatnonzero(edges[1:] > edges[:-1]):
            rows = slice(edges[day], edges[day + 1])
            content = hashlib.sha256(f"own table/1 {name} {first_ordinal + day}\n".encode())
            content.update(self.known_at_ms[rows].astype("<i8").tobytes())
            content.update((self.values[rows] + 0.0).astype("<f8").tobytes())
            digests[day] = np.frombuffer(content.digest(), "<u8")
        return digests


def with_tables(history: History, tables: Mapping[str, OwnTable]) -> History:
    """The history with what became known on each of its days by these tables: windows then differ when a table is corrected."""
    if not tables or not len(history):
        return history
    first = history.first_day.toordinal()
    digests = [table.day_digests(name, first, len(history)) for name, table in tables.items()]
    return replace(history, beside=np.sum(digests, axis=0, dtype=np.uint64))
