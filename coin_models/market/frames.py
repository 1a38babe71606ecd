"""Candles as people hold them in memory: a DataFrame of any common naming, the lists of ccxt, or `Candles`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from coin_models.errors import CandlesRejected
from coin_models.market.candles import COLUMNS, Candles
from coin_models.market.timeframe import Timeframe

if TYPE_CHECKING:
    import pandas as pd


def candles_of(ohlcv: "pd.DataFrame | Candles | Sequence[Sequence[float]]", timeframe: Timeframe, coin: str) -> Candles:
    """The candles of what a caller holds.

    Args:
        ohlcv: `Candles`; a DataFrame with open, high, low, close and volume in any case (`Close`, `close_price`), whose index
            is the open time or that has it in a column (`date`, `timestamp`, `Open time`: dates or epochs in any unit); or
            rows of [epoch ms, open, high, low, close, volume], as ccxt's `fetch_ohlcv` gives them. Without a zone a time
            is UTC.
        timeframe: of the candles.
        coin: base asset, which a column of volume may name (`Volume BTC`).

    Raises:
        CandlesRejected: a column is missing, a time cannot be read, or the candles are not good.
    """
    if isinstance(ohlcv, Candles):
        return ohlcv
    import pandas as pd

    if isinstance(ohlcv, pd.DataFrame):
        return _of_frame(ohlcv, timeframe, coin)
    rows = _numbers(ohlcv)
    if rows.ndim != 2 or rows.shape[1] <= len(COLUMNS):
        raise CandlesRejected(
            f"rows of candles are [epoch ms, open, high, low, close, volume]; found an array of shape {rows.shape}"
        )
    return _made(pd.Series(rows[:, 0]), rows[:, 1 : len(COLUMNS) + 1], timeframe)


def _of_frame(frame: "pd.DataFrame", timeframe: Timeframe, coin: str) -> Candles:
    import pandas as pd

    from coin_models.market.files.columns import time_columns, value_columns  # brings pyarrow

    names = [str(name) for name in frame.columns]
    places = value_columns(names, coin)
    if isinstance(places, str):
        raise CandlesRejected(f"the frame of candles {places}; found {', '.join(names) or 'none'}")
    if isinstance(frame.index, pd.DatetimeIndex):
        times = frame.index.to_series()
    else:
        time_places = time_columns(names)
        if not time_places:
            raise CandlesRejected(
                f"the frame of candles has no time: neither a DatetimeIndex nor a column such as date; found {', '.join(names)}"
            )
        times = frame.iloc[:, time_places[0]]
    return _made(times, _numbers(frame.iloc[:, [places[name] for name in COLUMNS]]), timeframe)


def _numbers(values: object) -> npt.NDArray[np.float64]:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise CandlesRejected(f"the candles hold something else than numbers: {error}") from None


def _made(times: "pd.Series", values: npt.NDArray[np.float64], timeframe: Timeframe) -> Candles:
    from coin_models.market.files.times import read_times

    milliseconds = read_times(times).ms
    bad = np.flatnonzero(np.isnan(milliseconds))
    if len(bad):
        raise CandlesRejected(f"row {bad[0]} of the candles: {str(times.iloc[bad[0]])[:40]!r} is no time")
    return Candles(timeframe=timeframe, open_time_ms=milliseconds.astype(np.int64), ohlcv=values)
