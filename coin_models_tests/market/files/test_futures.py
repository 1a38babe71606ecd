"""Names of futures say what they are and what to do."""

from pathlib import Path

import pytest

from coin_models.market.files.layouts import CandleFile, recognised


@pytest.mark.parametrize(
    ("name", "coin", "rename"),
    [
        ("BTC-PERP.csv", "BTC", "BTC_USDT_USDT-5m-futures.csv"),
        ("BTCUSDT_PERP.csv", "BTC", "BTC_USDT_USDT-5m-futures.csv"),
        ("BTCUSD_PERP-5m-2024-08.zip", "BTC", "BTC_USD_USD-5m-futures.zip"),
        ("BTC-PERPETUAL.json", "BTC", "BTC_USDT_USDT-5m-futures.json"),
        ("BTC-USDT-SWAP.csv.gz", "BTC", "BTC_USDT_USDT-5m-futures.csv.gz"),
        ("ETH-USD-PERP_5m.parquet", "ETH", "ETH_USD_USD-5m-futures.parquet"),
        ("BINANCE_BTCUSDT.P, 5.csv", "BTC", "BTC_USDT_USDT-5m-futures.csv"),
        ("1000pepeusdt_perp.csv", "1000PEPE", "1000PEPE_USDT_USDT-5m-futures.csv"),
    ],
)
def test_a_perpetual_future_is_called_one_with_the_name_that_is_read(name: str, coin: str, rename: str) -> None:
    reason = recognised(Path(name), "USDT")

    assert f"a perpetual future of {coin} by its name" in str(reason)
    assert f"rename it to {rename}, " in str(reason)


@pytest.mark.parametrize(
    ("name", "coin", "end"),
    [
        ("BTC-31DEC21.csv", "BTC", "31DEC21"),
        ("BTCUSD_240628.csv", "BTC", "240628"),
        ("BTCUSDT_240927-5m-2024-08.zip", "BTC", "240927"),
        ("BTC-USDT-240927.csv", "BTC", "240927"),
        ("eth-7mar2025.csv", "ETH", "7MAR2025"),
    ],
)
def test_a_dated_future_is_called_one(name: str, coin: str, end: str) -> None:
    reason = str(recognised(Path(name), "USDT"))

    assert reason.startswith(f"a future of {coin} that ends {end} by its name: its candles end with it")


@pytest.mark.parametrize(
    ("name", "coin"),
    [("PERP_USDT.csv", "PERP"), ("SUPERP_USDT.csv", "SUPERP"), ("SWAPUSDT-5m.csv", "SWAP"), ("PERP-USDT.csv", "PERP")],
)
def test_a_coin_whose_name_is_a_word_of_futures_is_a_coin(name: str, coin: str) -> None:
    file = recognised(Path(name), "USDT")

    assert isinstance(file, CandleFile)
    assert file.coin == coin


def test_the_name_that_is_advised_is_read_as_a_future() -> None:
    file = recognised(Path("BTC_USDT_USDT-5m-futures.csv"), "USDT")

    assert isinstance(file, CandleFile)
    assert (file.coin, file.market) == ("BTC", "futures")
