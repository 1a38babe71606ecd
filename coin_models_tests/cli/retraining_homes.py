"""A home on a folder of hourly candle files, small enough to be trained in a second by the command line."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from coin_models.market.candles import Candles
from coin_models.pipeline.plan.calendar import parent_day
from coin_models.pipeline.services import Services, open_services
from coin_models.settings.load import load_settings
from coin_models_tests.cli.running import Ran, coin_models
from coin_models_tests.market.builders import DAY, HOUR, walk
from coin_models_tests.settings.environments import environment

CANDLES = walk(60, first=DAY)
LAST = CANDLES.days[-1]
COINS = ("BTC", "ETH", "SOL")
SMALL = {
    "source": "files",
    "timeframe": "1h",
    "training_lookback_days": "45",
    "training_validation_days": "3",
    "training_width": "8",
    "training_num_blocks": "1",
    "training_epochs": "1",
    "training_incremental_epochs": "1",
    "training_num_threads": "1",
}


class FilesHome:
    """Candle files in a folder, and a home beside them."""

    def __init__(self, folder: Path, coins: Sequence[str] = COINS) -> None:
        self.folder = folder
        self.files = folder / "files"
        self.files.mkdir(parents=True)
        self.coins = tuple(coins)
        for number, coin in enumerate(coins):
            self.write(coin, walk(60, first=DAY, seed=number))

    def path(self, coin: str) -> Path:
        """The coin's file."""
        return self.files / f"{coin}_USDT.csv"

    def write(self, coin: str, candles: Candles) -> None:
        """Writes the coin's file, whatever it held before."""
        candles.to_frame().reset_index(names="ts").to_csv(self.path(coin), index=False)

    def run(self, *arguments: str, **variables: str) -> Ran:
        """`coin-models ARGUMENTS` in this home."""
        return coin_models(self.folder, *arguments, **{**SMALL, "market_files_path": str(self.files), **variables})

    @contextmanager
    def services(self) -> Iterator[Services]:
        """The parts of the product, on this home."""
        named = {**SMALL, "market_files_path": str(self.files)}
        prefixed = {f"COIN_MODELS_{name.upper()}": value for name, value in named.items()}
        with environment(self.folder, prefixed), open_services(load_settings(), create=True) as opened:
            yield opened

    def retrain(self, *arguments: str, **variables: str) -> Ran:
        """`coin-models retrain --json`."""
        return self.run("retrain", "--json", *arguments, **variables)


def corrected(candles: Candles, *, last_hours: int = 24) -> Candles:
    """The same candles with other closes of the last hours."""
    ohlcv = candles.ohlcv.copy()
    ohlcv[-last_hours:, 3] = np.sqrt(ohlcv[-last_hours:, 1] * ohlcv[-last_hours:, 2])
    return Candles(timeframe=HOUR, open_time_ms=candles.open_time_ms, ohlcv=ohlcv)


def parent_of(coin: str, day: date) -> date:
    """The day of the full retrain that the day starts from, of a coin that has none on the day itself."""
    parent = parent_day(coin, day, 7)
    assert parent is not None
    return parent


def until(candles: Candles, day: date) -> Candles:
    """The candles up to the end of a day."""
    return candles.slice_days(candles.days[0], day)


def states(ran: Ran) -> dict[str, str]:
    """What `retrain --json` of a single day says of each coin."""
    return {coin: item["state"] for coin, item in ran.json()["coins"].items()}


def actions(ran: Ran) -> dict[str, str]:
    """What `retrain --json` of a single day did with each coin."""
    return {coin: item["action"] for coin, item in ran.json()["coins"].items()}


def weights(days: Sequence[dict[str, Any]]) -> dict[tuple[str, str], str]:
    """Per day and coin the digest of the weights, of what `retrain --json` printed of days."""
    return {(day["day"], coin): item["weights_sha256"] for day in days for coin, item in day["coins"].items()}
