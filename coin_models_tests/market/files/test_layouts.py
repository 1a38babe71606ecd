"""Names of candle files as programs give them."""

from pathlib import Path

import pytest

from coin_models.market.files.layouts import CandleFile, recognised, shown


@pytest.mark.parametrize(
    ("name", "layout", "coin", "seconds"),
    [
        ("BTC_USDT.parquet", "coin_models", "BTC", None),
        ("btc_usdt.csv.gz", "coin_models", "BTC", None),
        ("BTC_USDT-5m.feather", "freqtrade", "BTC", 300),
        ("1000PEPE_USDT-1h.json.gz", "freqtrade", "1000PEPE", 3600),
        ("BTC_USDT-1M.json", "freqtrade", "BTC", 0),
        ("BTC_USDT_USDT-5m-futures.feather", "freqtrade futures", "BTC", 300),
        ("BTCUSDT-5m-2024-08.zip", "Binance dump", "BTC", 300),
        ("BTCUSDT-1m-2024-08-15.csv", "Binance dump", "BTC", 60),
        ("BTC-USDT.csv.xz", "pair", "BTC", None),
        ("BTCUSDT.csv", "pair", "BTC", None),
        ("BTC_USDT_5m.csv", "freqtrade", "BTC", 300),
        ("BTCUSDT-5m.csv", "pair", "BTC", 300),
        ("BTC_USDT-5M.FEATHER", "freqtrade", "BTC", 300),
        ("XBTUSDT_5.csv", "Kraken", "BTC", 300),
        ("XDGUSDT_1440.csv", "Kraken", "DOGE", 86_400),
        ("BTC-USDT-candlesticks-2024-08.csv", "OKX", "BTC", None),
        ("BTCUSDT_5_2024-08-01_2024-08-31.csv.gz", "MetaTrader", "BTC", 300),
        ("BTCUSDT_M5.csv", "MetaTrader", "BTC", 300),
        ("BTCUSDT_H4.csv", "MetaTrader", "BTC", 14_400),
        ("BINANCE_BTCUSDT, 5.csv", "TradingView", "BTC", 300),
        ("binance-BTC_USDT-5m.csv", "exchange and pair", "BTC", 300),
        ("Binance_BTCUSDT_2024_minute.csv", "exchange and pair", "BTC", 60),
        ("BTC_USDT_5m_2024.csv", "dated", "BTC", 300),
        ("BTCUSDT_5m_2017-2024.csv", "dated", "BTC", 300),
        ("BTCUSDT-2024-08.pq", "dated", "BTC", None),
        ("BTC_USDT.tsv", "coin_models", "BTC", None),
        ("BTC_USDT-5m.ftr", "freqtrade", "BTC", 300),
        ("BTC-USDT_5min.csv", "pair", "BTC", 300),
        ("Binance_BTCUSDT_d.csv", "exchange and pair", "BTC", 86_400),
        ("Binance_BTCUSDT_minute.csv.zst", "exchange and pair", "BTC", 60),
        ("\uff22\uff34\uff23_USDT.csv", "coin_models", "BTC", None),
    ],
)
def test_a_name_tells_layout_coin_and_timeframe(name: str, layout: str, coin: str, seconds: int | None) -> None:
    file = recognised(Path(name), "USDT")

    assert isinstance(file, CandleFile)
    assert (file.layout, file.coin, file.quote, file.step_seconds) == (layout, coin, "USDT", seconds)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("BTC_USDT_USDT-5m-mark.feather", "mark data, not candles"),
        ("BTC_USDT_USDT-1h-funding_rate.feather", "funding_rate data, not candles"),
        ("BTC_USDT-trades.feather", "trades data, not candles"),
        ("BTCUSDT-aggTrades-2024-08.zip", "aggtrades data, not candles"),
        ("BTC_USDT-5m.h5", "HDF5 is not read"),
        ("BTC_USDT.pkl", "pickle is never loaded"),
        ("币安人生_USDT.csv", "rename it to COIN_USDT.csv, with COIN in letters A to Z"),
        ("coin_Bitcoin.csv", "rename it to COIN_USDT.csv"),
        ("BTC_USDT (1).csv", "rename it to COIN_USDT.csv"),
        ("USDT.csv", "rename it to COIN_USDT.csv"),
        ("BTC_USDT_spot_5m.csv", "no known name"),
        ("BTC_USDT.csv.part", "no format that is read"),
    ],
)
def test_any_other_name_is_no_candle_file_for_a_stated_reason(name: str, why: str) -> None:
    assert why in str(recognised(Path(name), "USDT"))


def test_a_name_that_would_command_a_terminal_is_shown_escaped() -> None:
    assert shown(Path("a\x1b[31m\nb\udcff.csv")) == r"a\x1b[31m\nb\udcff.csv"
