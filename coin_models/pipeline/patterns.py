"""The pattern library of a day, from the recent candles of every coin.

Belongs here: reading candles and trades, writing the library. Not here: finding patterns (trading/patterns/).
"""

from collections.abc import Sequence
from datetime import date, timedelta

from coin_models.errors import RegistryError
from coin_models.pipeline.services import Services
from coin_models.trading.pattern_repository import PatternRepository
from coin_models.trading.patterns.library import Library, update_library
from coin_models.trading.patterns.windows import make_windows
from coin_models.trading.repository import ShadowRepository


def update_patterns(services: Services, day: date, coins: Sequence[str]) -> Library:
    """Continues the newest earlier library to the end of `day` and stores it instead of what the day had."""
    trading, seconds = services.settings.trading, services.timeframe.seconds
    horizon, length = services.settings.training.horizon_candles(seconds), trading.pattern_length_candles(seconds)
    first = day - timedelta(days=trading.pattern_window_days - 1)
    candles = services.candles.read_range(coins, first, day)
    patterns = PatternRepository(services.database, services.clock)
    library = update_library(
        patterns.newest(before=day),
        day,
        [make_windows(coin, found, length=length, horizon=horizon) for coin, found in candles.items()],
        trading,
        horizon=horizon,
        trades=ShadowRepository(services.database, services.clock).pattern_trades(first, day),
    )
    patterns.replace(library)
    return library


def read_patterns(services: Services, day: date | None = None) -> Library:
    """The stored library of a day, or the newest there is.

    Raises:
        RegistryError: there is none, or it is empty.
    """
    patterns = PatternRepository(services.database, services.clock)
    newest = patterns.newest()
    library = newest if day is None else patterns.load(day)
    if library is None or newest is None:
        raise RegistryError(
            "there is no pattern library yet; `coin-models retrain` writes one for every day it retrains"
        )
    if not library.patterns:
        raise RegistryError(f"there is no pattern library of {day}; the newest there is: {newest.day}")
    return library
