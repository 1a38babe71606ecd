"""`load_champion`: from a coin's name to a model that forecasts, in one call.

Belongs here: the wiring, for people with a notebook. Not here: anything that needs torch, Dagster or Lightning.
"""

from coin_models.clock import SystemClock
from coin_models.db.engine import open_database
from coin_models.errors import RegistryError
from coin_models.registry.champions import ChampionLog
from coin_models.registry.forecast import LoadedModel
from coin_models.registry.registry import Registry
from coin_models.settings.load import load_settings
from coin_models.settings.root import Settings
from coin_models.storage.factory import build_store


def load_champion(coin: str, *, settings: Settings | None = None) -> LoadedModel:
    """The model that forecasts `coin` now; its `predict(ohlcv)` takes a DataFrame of candles.

    Args:
        coin: base asset, such as BTC.
        settings: read from `COIN_MODELS_*` and `coin_models.toml` when None.

    Raises:
        RegistryError: the coin has no champion.
        ModelDamaged: its stored bytes are not those that were published.
    """
    settings = settings or load_settings()
    database = open_database(settings)
    try:
        version = ChampionLog(database).champion(coin)
        if version is None:
            raise RegistryError(
                f"{coin} has no champion: none of its versions has earned it yet; "
                f"`coin-models models list --coins {coin}` shows them, `coin-models retrain --coins {coin}` makes one"
            )
        return Registry(database, build_store(settings), SystemClock()).load(version)
    finally:
        database.close()
