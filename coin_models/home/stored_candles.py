"""`load_candles`: the candles that a home has stored, as a DataFrame."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

from coin_models.clock import SystemClock
from coin_models.db.opening import open_database
from coin_models.errors import CoinUnknown
from coin_models.home.opening import Home, check_home, require_home
from coin_models.market.sources.factory import build_source
from coin_models.market.store import CandleStore
from coin_models.market.timeframe import parse_timeframe
from coin_models.market.universe import coin_name
from coin_models.settings.load import load_settings
from coin_models.settings.root import Settings
from coin_models.storage.factory import build_store

if TYPE_CHECKING:
    import pandas as pd


def load_candles(
    coin: str, first: date | None = None, last: date | None = None, *, settings: Settings | None = None
) -> "pd.DataFrame":
    """The candles of a coin that the home has stored, those that its models were fitted on.

    Args:
        coin: base asset in any spelling, such as BTC or btc.
        first: their first UTC day; None: the first that is stored.
        last: their last UTC day; None: the last that is stored.
        settings: read from `COIN_MODELS_*` and `coin_models.toml` when None.

    Returns:
        The UTC index `open_time`, and the columns open, high, low, close (in the quote asset) and volume (in the coin).

    Raises:
        HomeError: there is no home where the settings say, or it holds another market.
        CoinUnknown: no candle of the coin is stored from `first` to `last`.
        ObjectDamaged: stored bytes are not those that were written.
    """
    coin, settings = coin_name(coin), settings or load_settings()
    require_home(settings)
    clock, database, store = SystemClock(), open_database(settings), build_store(settings)
    try:
        home = Home(settings=settings, database=database, store=store)
        check_home(home, may_write=False, source=lambda: build_source(settings, clock))
        candles = CandleStore(store, database, parse_timeframe(settings.timeframe), clock)
        history = candles.histories([coin], first, last)[coin]
        end = history.day(0) + timedelta(days=len(history) - 1) if len(history) else date.min
        read = candles.read(coin, history, first or history.day(0), last or end) if len(history) else None
        if read is None or not len(read):
            raise CoinUnknown(
                f"no candle of {coin} is stored from {first or 'the beginning'} to {last or 'today'}; "
                f"`coin-models candles show {coin}` shows what is"
            )
        return read.to_frame()
    finally:
        database.close()
