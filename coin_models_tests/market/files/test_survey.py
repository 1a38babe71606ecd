"""The market of a folder by its file names."""

from pathlib import Path

import pytest

from coin_models.errors import SourceRefused
from coin_models.market.files.survey import survey_folder


@pytest.mark.parametrize(
    ("names", "quote", "timeframe", "coins"),
    [
        (["BTC_USDT.parquet", "ETH_USDT.parquet"], "USDT", "5m", ("BTC", "ETH")),
        (["BTC_USDT-1h.feather", "ETH_USDT-1h.feather", "BTC_USDT-5m.feather"], "USDT", "1h", ("BTC", "ETH")),
        (["ETHBTC-15m-2024-08.zip", "SOLBTC-15m-2024-08.zip"], "BTC", "15m", ("ETH", "SOL")),
        (["BTC_EUR.csv", "readme.txt"], "EUR", "5m", ("BTC",)),
        (["BTC_USDT-5m.feather", "BTC_USDT-1h.feather"], "USDT", "5m", ("BTC",)),
    ],
)
def test_the_market_is_that_of_most_coins(
    tmp_path: Path, names: list[str], quote: str, timeframe: str, coins: tuple[str, ...]
) -> None:
    for name in names:
        (tmp_path / name).touch()

    market = survey_folder(tmp_path)

    assert market is not None
    assert (market.quote, market.timeframe, market.coins) == (quote, timeframe, coins)


@pytest.mark.parametrize("names", [[], ["readme.txt"], ["BTC_USDT-1w.feather"]])
def test_a_folder_without_candles_that_can_be_trained_on_has_none(tmp_path: Path, names: list[str]) -> None:
    for name in names:
        (tmp_path / name).touch()

    assert survey_folder(tmp_path) is None


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceRefused, match="cannot be read"):
        survey_folder(tmp_path / "nowhere")
