"""Columns of symbols and timeframes that contradict the name of their file."""

import pytest

from coin_models_tests.market.files.written_rows import (
    NAMES,
    candle_rows,
    csv_bytes,
    read,
    refusal,
    times,
)


def _labelled(labels: list[str], name: str = "symbol") -> bytes:
    rows = [[*row, label] for row, label in zip(candle_rows(times(len(labels))), labels, strict=True)]
    return csv_bytes(rows, [*NAMES, name])


def test_rows_of_two_coins_in_one_file_are_refused_by_their_symbols() -> None:
    message = refusal(_labelled(["BTCUSDT", "BTCUSDT", "ETHUSDT"]))

    assert "several coins ('BTCUSDT', 'ETHUSDT')" in message


def test_rows_of_two_timeframes_in_one_file_are_refused_by_their_column() -> None:
    assert "several timeframes ('5m', '1h')" in refusal(_labelled(["5m", "5m", "1h"], "interval"))


@pytest.mark.parametrize("label", ["ETHUSDT", "ETH/USDT", "BINANCE:ETHUSDT", "ETH-USD", "ETH/USDT:USDT"])
def test_a_file_whose_symbols_are_of_another_coin_is_refused(label: str) -> None:
    assert f"names '{label}', and the file BTC" in refusal(_labelled([label] * 3))


@pytest.mark.parametrize(
    "label", ["BTCUSDT", "BTC/USDT", "BINANCE:BTCUSDT", "XBTUSD", "BTC-USDT-SWAP", "BTC/USDT:USDT", "B", "Bitcoin", ""]
)
def test_symbols_of_the_same_coin_and_labels_that_say_too_little_are_accepted(label: str) -> None:
    assert len(read(_labelled([label] * 3)).candles) == 3
