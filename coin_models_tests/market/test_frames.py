"""Candles as people hold them in memory: every common naming of a frame, and the lists of ccxt, mean the same."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from coin_models.errors import CandlesRejected
from coin_models.market.frames import candles_of
from coin_models_tests.market.builders import HOUR, walk

CANDLES = walk(2)
FRAME = CANDLES.to_frame()
FREQTRADE = FRAME.reset_index(names="date")
KAGGLE = FRAME.rename(columns=str.title).rename(columns={"Volume": "Volume BTC"}).reset_index(names="Date")


def read(ohlcv: Any) -> str:
    return candles_of(ohlcv, HOUR, "BTC").digest()


@pytest.mark.parametrize(
    "ohlcv",
    [
        CANDLES,
        FRAME,
        FRAME.tz_localize(None),
        FRAME.tz_convert("Asia/Tokyo"),
        FRAME[["volume", "close", "low", "high", "open"]],
        FREQTRADE,
        KAGGLE,
        FRAME.reset_index(drop=True).assign(timestamp=CANDLES.open_time_ms // 1000),
        FRAME.reset_index(drop=True).assign(**{"Open time": [str(time) for time in FRAME.index]}),
        FRAME.assign(adjusted=1.0),
        np.column_stack([CANDLES.open_time_ms, CANDLES.ohlcv]).tolist(),
        np.column_stack([CANDLES.open_time_ms, CANDLES.ohlcv, CANDLES.ohlcv[:, 0]]),
    ],
    ids=[
        "candles",
        "frame",
        "naive",
        "Tokyo",
        "order",
        "freqtrade",
        "Kaggle",
        "seconds",
        "texts",
        "more",
        "ccxt",
        "array",
    ],
)
def test_each_way_to_hold_candles_means_the_same(ohlcv: Any) -> None:
    assert read(ohlcv) == CANDLES.digest()


@pytest.mark.parametrize(
    ("ohlcv", "message"),
    [
        (FRAME.drop(columns="volume"), "has no column of volume; found open, high, low, close"),
        (FRAME.reset_index(drop=True), "has no time: neither a DatetimeIndex nor a column such as date"),
        (FRAME.reset_index(drop=True).assign(date="yesterday"), "row 0 of the candles: 'yesterday' is no time"),
        ([], r"found an array of shape \(0,\)"),
        ([[1, 2, 3]], r"found an array of shape \(1, 3\)"),
        (FRAME.iloc[::-1], "opens no later than the candle before it"),
        (FRAME.assign(close=0.0), "below its low"),
    ],
)
def test_what_is_no_candles_is_refused_in_a_sentence(ohlcv: Any, message: str) -> None:
    with pytest.raises(CandlesRejected, match=message):
        read(ohlcv)


def test_a_frame_that_is_no_frame_of_numbers_is_refused() -> None:
    with pytest.raises(CandlesRejected, match="hold something else than numbers"):
        read(FRAME.assign(close="high"))


def test_pandas_frames_are_not_changed() -> None:
    before = FREQTRADE.copy()

    read(FREQTRADE)

    pd.testing.assert_frame_equal(FREQTRADE, before)
