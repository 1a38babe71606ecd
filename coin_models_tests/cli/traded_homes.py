"""A home with two days of shadow trades, the pattern library and the report of the second, and commands in it."""

from pathlib import Path

from coin_models_tests.cli.running import Ran, coin_models
from coin_models_tests.pipeline.trading_days import TradingWorld

_SETTINGS = {"universe": "BTC,ETH", "training_lookback_days": "32", "training_validation_days": "3"}


def make_traded_home(folder: Path) -> Path:
    """Makes the home, its objects in its own store; returns the folder that it is in."""
    world = TradingWorld(folder / ".coin_models", num_days=2, significance=0.0025)
    world.trade(world.days[0])
    world.chain(world.days[1])
    world.services.database.close()
    return folder


def run(folder: Path, *arguments: str) -> Ran:
    """`coin-models ARGUMENTS` in this home."""
    return coin_models(folder, *arguments, **_SETTINGS)
