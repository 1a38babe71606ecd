"""`load_champion`: from a coin's name to a model that forecasts, in one call.

Needs neither torch, Dagster nor Lightning.
"""

from coin_models.clock import SystemClock
from coin_models.db.engine import open_database
from coin_models.errors import RegistryError
from coin_models.home.opening import Home, check_home, require_home
from coin_models.market.sources.factory import build_source
from coin_models.market.universe import coin_name
from coin_models.registry.champions import ChampionLog
from coin_models.registry.forecast import LoadedModel
from coin_models.registry.registry import Registry
from coin_models.settings.load import load_settings
from coin_models.settings.root import Settings
from coin_models.storage.factory import build_store


def load_champion(coin: str, *, settings: Settings | None = None) -> LoadedModel:
    """The model that forecasts `coin` now; its `predict(ohlcv)` takes a DataFrame of candles.

    Args:
        coin: base asset in any spelling, such as BTC or btc.
        settings: read from `COIN_MODELS_*` and `coin_models.toml` when None.

    Raises:
        HomeError: there is no home where the settings say, or it holds another market.
        RegistryError: the coin has no champion.
        ModelDamaged: its stored bytes are not those that were published.
    """
    coin, settings = coin_name(coin), settings or load_settings()
    require_home(settings)
    database, store = open_database(settings), build_store(settings)
    try:
        home = Home(settings=settings, database=database, store=store)
        check_home(home, may_write=False, source=lambda: build_source(settings, SystemClock()))
        version = ChampionLog(database).champion(coin)
        if version is None:
            raise RegistryError(
                f"{coin} has no champion: none of its versions qualifies yet; "
                f"`coin-models models list --coins {coin}` shows them, `coin-models retrain --coins {coin}` makes one"
            )
        return Registry(database, store).load(version)
    finally:
        database.close()
