"""The files in `freqtrade` were written by freqtrade 2026.9's own writer (`write_freqtrade.py`) from one history."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from coin_models.market.candles import Candles
from coin_models.market.files.layouts import CandleFile, recognised
from coin_models.market.files.listing import list_folder
from coin_models.market.files.reading import read_candle_file
from coin_models.market.timeframe import day_start_ms
from coin_models_tests.freqtrade_python import python_with_freqtrade
from coin_models_tests.market.builders import DAY, FIVE_MINUTES, clock_after

RECORDED = Path(__file__).parent / "freqtrade"
WRITER = Path(__file__).parent / "write_freqtrade.py"
FORMATS = ("feather", "json", "json.gz", "parquet")


def history() -> Candles:
    steps = np.arange(48)
    closes = 60_000 + 100 * np.sin(steps / 7.0)
    opens = np.concatenate([[60_000.0], closes[:-1]])
    values = np.column_stack([opens, np.maximum(opens, closes) + 5, np.minimum(opens, closes) - 5, closes, 1.0 + steps])
    return Candles(timeframe=FIVE_MINUTES, open_time_ms=day_start_ms(DAY) + steps * 300_000, ohlcv=values)


def _read(folder: Path, name: str) -> Candles:
    path = folder / name
    file = recognised(path, "USDT")
    assert isinstance(file, CandleFile)
    return read_candle_file(path, file.coin, FIVE_MINUTES, clock_after(DAY).now()).candles


def _assert_same(candles: Candles, *, is_json: bool) -> None:
    expected = history()
    assert np.array_equal(candles.open_time_ms, expected.open_time_ms)
    np.testing.assert_allclose(candles.ohlcv, expected.ohlcv, rtol=1e-14 if is_json else 0)  # its JSON has 10 decimals


@pytest.mark.parametrize("ending", FORMATS)
def test_a_spot_file_of_freqtrade_is_read(ending: str) -> None:
    _assert_same(_read(RECORDED, f"BTC_USDT-5m.{ending}"), is_json="json" in ending)


@pytest.mark.parametrize("ending", FORMATS)
def test_a_futures_file_of_freqtrade_is_read(ending: str) -> None:
    candles = _read(RECORDED / "futures", f"BTC_USDT_USDT-5m-futures.{ending}")

    _assert_same(candles, is_json="json" in ending)


def test_mark_prices_beside_futures_are_ignored_by_name() -> None:
    listing = list_folder(RECORDED / "futures", "USDT", FIVE_MINUTES)

    assert {file.path.name.partition(".")[0] for file in listing.coins["BTC"]} == {"BTC_USDT_USDT-5m-futures"}
    assert {why for _, why in listing.others} == {"mark data, not candles"}


@pytest.mark.proof
def test_what_freqtrade_writes_now_is_read(tmp_path: Path) -> None:
    subprocess.run([python_with_freqtrade(), str(WRITER), str(tmp_path)], check=True)

    for ending in FORMATS:
        _assert_same(_read(tmp_path, f"BTC_USDT-5m.{ending}"), is_json="json" in ending)
        candles = _read(tmp_path / "futures", f"BTC_USDT_USDT-5m-futures.{ending}")
        _assert_same(candles, is_json="json" in ending)
