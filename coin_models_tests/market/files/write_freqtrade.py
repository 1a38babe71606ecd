"""Writes one history in each of freqtrade's formats with freqtrade's own writer: `python write_freqtrade.py FOLDER`.

Runs in an environment with freqtrade, and imports nothing of ours. The folder `freqtrade` beside it is its output.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from freqtrade.data.history.datahandlers import get_datahandler
from freqtrade.enums import CandleType

NUM_CANDLES = 48


def history() -> pd.DataFrame:
    """Four hours of five-minute candles; the same walk is in `test_freqtrade.history`."""
    steps = np.arange(NUM_CANDLES)
    closes = 60_000 + 100 * np.sin(steps / 7.0)
    opens = np.concatenate([[60_000.0], closes[:-1]])
    dates = pd.date_range("2024-08-15", periods=NUM_CANDLES, freq="5min", tz="UTC").as_unit("ms")
    highs, lows = np.maximum(opens, closes) + 5, np.minimum(opens, closes) - 5
    return pd.DataFrame(
        {"date": dates, "open": opens, "high": highs, "low": lows, "close": closes, "volume": 1.0 + steps}
    )


def main() -> None:
    """Spot and futures candles in every format, and the mark prices that stand beside futures."""
    folder = Path(sys.argv[1])
    for name in ("feather", "json", "jsongz", "parquet"):
        handler = get_datahandler(folder, name)
        handler.ohlcv_store("BTC/USDT", "5m", history(), CandleType.SPOT)
        handler.ohlcv_store("BTC/USDT:USDT", "5m", history(), CandleType.FUTURES)
        handler.ohlcv_store("BTC/USDT:USDT", "5m", history(), CandleType.MARK)


if __name__ == "__main__":
    main()
