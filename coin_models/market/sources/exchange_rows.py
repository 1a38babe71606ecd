"""The rows of an exchange's reply: each becomes a candle or is counted as none.

| row | result |
|---|---|
| five good values | a candle |
| no prices, no volume, or zeros alone | left out: a missing candle |
| a price of zero beside others, high below low, a negative volume, off the grid | left out, if they are few |
| of a coin that is no longer traded: after the last trade, no volume | left out: the exchange repeats the last price |

No user can correct a row of an exchange as one corrects a file, so a row that cannot be a candle costs that candle and not
the coin. Where more than one row in ten cannot be, the reply is not understood and refused.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from coin_models.errors import CandlesRejected
from coin_models.market.candles import VOLUME, Candles, TimesMs, Values, empty_candles, find_problem
from coin_models.market.timeframe import Timeframe, datetime_of_ms, day_of_ms

Mask = npt.NDArray[np.bool_]
Row = list[float | None]  # epoch ms, open, high, low, close, volume; None where the exchange gave nothing

MAX_IMPOSSIBLE_SHARE: Final = 0.1
"""Of the rows that have values: where more of them cannot be candles, the reply is refused."""


class Reason(StrEnum):
    """Why a row is no candle."""

    NO_PRICES = "no prices"
    NO_VOLUME = "no volume"
    ALL_ZERO = "all zero"
    IMPOSSIBLE = "values that cannot be"
    AFTER_END = "no trade after the coin's end"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RowsRead:
    """The result of reading rows: every one is a candle or counted."""

    candles: Candles
    left_out: Mapping[date, Counter[Reason]]  # by UTC day

    @property
    def num_left_out(self) -> int:
        """Rows that are no candles."""
        return sum(sum(counts.values()) for counts in self.left_out.values())

    def __str__(self) -> str:
        """Such as `3 rows left out (2 all zero, 1 no volume), first on 2024-08-15`."""
        totals = sum(self.left_out.values(), Counter[Reason]())
        first = min(self.left_out, default=None)
        return f"{in_words(totals)}, first on {first}" if totals else "no row left out"


def in_words(counts: Counter[Reason]) -> str:
    """Such as `3 rows left out (2 all zero, 1 no volume)`."""
    total = sum(counts.values())
    kinds = ", ".join(f"{number} {reason}" for reason, number in counts.most_common())
    return f"{total} row{'s' if total > 1 else ''} left out ({kinds})"


def read_rows(rows: Iterable[Row], timeframe: Timeframe, *, has_ended: bool = False) -> RowsRead:
    """The candles of rows in ascending order, each time once; and the rows that are none.

    Args:
        rows: as ccxt gives them. timeframe: of the candles.
        has_ended: the coin is no longer traded.

    Raises:
        CandlesRejected: more than one row in ten cannot be a candle.
    """
    table = np.array([[np.nan if value is None else float(value) for value in row[:6]] for row in rows], np.float64)
    if not len(table):
        return RowsRead(candles=empty_candles(timeframe), left_out={})
    times, values = table[:, 0].astype(np.int64), table[:, 1:]
    kinds = _kinds(times, values, timeframe)
    _refuse_if_many(times, values, kinds[Reason.IMPOSSIBLE], timeframe)
    kept = ~np.logical_or.reduce(list(kinds.values()))
    if has_ended:
        traded = np.flatnonzero(kept & (values[:, VOLUME] > 0))
        after = kept & (np.arange(len(kept)) > (traded[-1] if len(traded) else -1))
        kinds[Reason.AFTER_END], kept = after, kept & ~after
    left_out: dict[date, Counter[Reason]] = {}
    for reason, rows_of_kind in kinds.items():
        for time in times[rows_of_kind].tolist():
            left_out.setdefault(day_of_ms(time), Counter())[reason] += 1
    candles = Candles(timeframe=timeframe, open_time_ms=times[kept], ohlcv=values[kept])
    return RowsRead(candles=candles, left_out=left_out)


def _kinds(times: TimesMs, values: Values, timeframe: Timeframe) -> dict[Reason, Mask]:
    """(N,) of each reason, the rows that are no candles for it; a row has one reason at most."""
    missing, volume = np.isnan(values), values[:, VOLUME]
    opens, highs, lows, closes = values[:, :VOLUME].T
    zero_prices = (values[:, :VOLUME] == 0).all(axis=1)
    kinds = {
        Reason.NO_PRICES: missing[:, :VOLUME].all(axis=1),
        Reason.ALL_ZERO: zero_prices & ((volume == 0) | missing[:, VOLUME]),
        Reason.NO_VOLUME: missing[:, VOLUME] & ~missing[:, :VOLUME].any(axis=1) & ~zero_prices,
    }
    is_ordered = (lows > 0) & (lows <= np.minimum(opens, closes)) & (np.maximum(opens, closes) <= highs)
    is_good = np.isfinite(values).all(axis=1) & is_ordered & (volume >= 0) & (times % timeframe.ms == 0)
    return {**kinds, Reason.IMPOSSIBLE: ~is_good & ~np.logical_or.reduce(list(kinds.values()))}


def _refuse_if_many(times: TimesMs, values: Values, impossible: Mask, timeframe: Timeframe) -> None:
    if impossible.sum() <= max(1, MAX_IMPOSSIBLE_SHARE * len(impossible)):
        return
    first = int(np.argmax(impossible))
    problem = find_problem(times[first : first + 1], values[first : first + 1], timeframe)
    raise CandlesRejected(
        f"{int(impossible.sum())} of {len(impossible)} rows cannot be candles; the first, of "
        f"{datetime_of_ms(int(times[first])):%Y-%m-%d %H:%M} UTC, {problem[1] if problem else ''}"
    )
