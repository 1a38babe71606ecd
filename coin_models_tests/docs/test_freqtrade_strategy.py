"""freqtrade's own backtester trades with the strategy of the examples, on forecasts that looked at nothing later.

`run_freqtrade.py` beside it runs in freqtrade's environment; what it leaves is compared here.
"""

import json
import os
import subprocess
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from coin_models import forecasts, load_candles
from coin_models_tests.cli.running import coin_models
from coin_models_tests.freqtrade_python import python_with_freqtrade
from coin_models_tests.settings.environments import environment

pytestmark = [pytest.mark.proof, pytest.mark.timeout(600)]

DRIVER = Path(__file__).with_name("run_freqtrade.py")
COINS = ("BTC", "ETH")
TRAINED = date(2024, 8, 14)  # its version is the champion of the days that are traded
FIRST, LAST = TRAINED + timedelta(days=1), TRAINED + timedelta(days=4)
WARM_UP = timedelta(days=5)  # more than the models need
SETTINGS = {"universe": ",".join(COINS), "training_lookback_days": "32", "training_validation_days": "3"}
FEE, MIN_RETURN, USUAL_WIDTH = 0.0005, 0.00014, 0.01
FIVE_MINUTES = pd.Timedelta("5min")


@pytest.fixture(scope="module")
def traded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What freqtrade made of a home with four days of recorded forecasts; within it, that home is ours too."""
    python = python_with_freqtrade()
    folder = tmp_path_factory.mktemp("freqtrade")
    for command in (
        ("retrain", "--day", str(TRAINED)),
        ("models", "promote", *COINS),
        ("retrain", "--from", str(FIRST), "--to", str(LAST)),
    ):
        ran = coin_models(folder, *command, **SETTINGS)
        assert ran.code == 0, ran.text
    with environment(folder, {f"COIN_MODELS_{name.upper()}": value for name, value in SETTINGS.items()}):
        for coin in COINS:
            candles = load_candles(coin, FIRST - WARM_UP, LAST).reset_index(names="date")
            candles.to_parquet(folder / f"{coin}_USDT.parquet")
        timerange = f"{FIRST:%Y%m%d}-{LAST + timedelta(days=1):%Y%m%d}"
        subprocess.run([python, str(DRIVER), str(folder), timerange], check=True, env=os.environ.copy())
        yield folder


@pytest.fixture
def trades(traded: Path) -> pd.DataFrame:
    table = pd.DataFrame(json.loads((traded / "trades.json").read_text(encoding="utf-8")))
    times = {name: pd.to_datetime(table[name]) for name in ("open_date", "close_date")}
    return table.assign(**times).sort_values(["pair", "open_date"], ignore_index=True)


def candles_of(folder: Path, coin: str) -> pd.DataFrame:
    return pd.read_parquet(folder / f"{coin}_USDT.parquet").set_index("date").loc[str(FIRST) :]


def at_close(candles: pd.DataFrame, history: pd.DataFrame) -> pd.DataFrame:
    """Quantiles of the simple return from each candle's close on."""
    quantiles = history.filter(like="quantile_").reindex(candles.index + FIVE_MINUTES)
    return np.expm1(quantiles.set_axis(candles.index))


def recomputed(candles: pd.DataFrame, quantiles: pd.DataFrame) -> pd.DataFrame:
    """The trades of the strategy's rule: what a candle's close decides, the next candle's open fills."""
    median, width = quantiles["quantile_0.5"], quantiles["quantile_0.9"] - quantiles["quantile_0.1"]
    wanted = pd.Series(np.select([median > MIN_RETURN, median < 0], [1.0, 0.0], np.nan), candles.index)
    held = wanted.ffill().fillna(0.0).shift(1, fill_value=0.0)
    stake = 100 * (USUAL_WIDTH / width).clip(upper=1.0).shift(1)
    entries, exits = held.index[held.diff() > 0], held.index[held.diff() < 0]
    entries = entries[: len(exits)]
    growth = candles["open"][exits].to_numpy() / candles["open"][entries].to_numpy()
    pnl = stake[entries].to_numpy() * (growth * (1 - FEE) - (1 + FEE))
    return pd.DataFrame({"open_date": entries, "close_date": exits, "stake": stake[entries].to_numpy(), "pnl": pnl})


def test_the_trades_and_the_profit_of_ten_lines_of_pandas_are_those_of_freqtrade(
    traded: Path, trades: pd.DataFrame
) -> None:
    assert set(trades["exit_reason"]) == {"exit_signal"}  # no stop, and none left open at the end
    for coin in COINS:
        candles = candles_of(traded, coin)
        expected = recomputed(candles, at_close(candles, forecasts(coin)))
        of_coin = trades[trades["pair"] == f"{coin}/USDT"].reset_index(drop=True)

        assert len(of_coin) == len(expected) > 5
        assert list(of_coin["open_date"]) == list(expected["open_date"])
        assert list(of_coin["close_date"]) == list(expected["close_date"])
        np.testing.assert_allclose(of_coin["stake_amount"], expected["stake"], atol=1e-4)
        np.testing.assert_allclose(of_coin["profit_abs"], expected["pnl"], atol=1e-5)
        assert (of_coin["stake_amount"] < 99).any()  # some forecasts were wider than usual


def test_a_forecast_that_is_known_one_candle_earlier_gives_other_trades(traded: Path, trades: pd.DataFrame) -> None:
    candles = candles_of(traded, "BTC")
    peeking = recomputed(candles, at_close(candles, forecasts("BTC")).shift(-1))

    assert list(peeking["open_date"]) != list(trades[trades["pair"] == "BTC/USDT"]["open_date"])


def test_every_entry_is_by_a_version_of_an_earlier_day(traded: Path, trades: pd.DataFrame) -> None:
    for coin in COINS:
        made = forecasts(coin).reindex(trades[trades["pair"] == f"{coin}/USDT"]["open_date"])

        assert (made["version_day"] < made["day"]).all()
        assert set(made["role"]) == {"champion"}


def test_freqtrade_itself_finds_no_look_ahead(traded: Path) -> None:
    analysis = json.loads((traded / "analysis.json").read_text(encoding="utf-8"))

    assert analysis["total_signals"] == 20
    assert not analysis["failed"]
    assert not analysis["has_bias"]
    assert analysis["false_entry_signals"] == analysis["false_exit_signals"] == 0
    assert analysis["false_indicators"] == []


def test_trading_dry_the_champions_forecast_what_the_backtest_traded(traded: Path) -> None:
    for coin in COINS:
        candles = candles_of(traded, coin)
        shown = pd.read_parquet(traded / f"dry_{coin}.parquet").set_index("date").loc[str(FIRST) :]
        recorded = at_close(candles, forecasts(coin))

        assert len(recorded) == 4 * 288
        assert recorded.notna().all().all()
        pd.testing.assert_frame_equal(shown[recorded.columns], recorded, rtol=0, atol=1e-7)
