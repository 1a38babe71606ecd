"""`load_champion` and `load_model`: from a coin's name to the model that forecasts it, or to that of a day, in one call.

Needs neither torch, Dagster nor Lightning.
"""

from datetime import date

from coin_models.errors import ModelDamaged, ModelOutdated, RegistryError
from coin_models.home.reading import opened
from coin_models.market.universe import coin_name, not_in_universe, resolve_universe
from coin_models.registry.champions import ChampionLog
from coin_models.registry.forecast import LoadedModel
from coin_models.registry.models_in_use import ModelsInUse
from coin_models.registry.registry import Registry
from coin_models.settings.load import load_settings
from coin_models.settings.root import Settings


def load_champion(coin: str, *, settings: Settings | None = None) -> LoadedModel:
    """The model that forecasts `coin` now; its `predict(ohlcv)` takes a DataFrame of candles.

    It is the champion. While the coin has none, it is the reference of its newest version, and `forecaster` of the model and of
    its forecasts says "reference".

    Args:
        coin: base asset in any spelling, such as BTC or btc.
        settings: read from `COIN_MODELS_*` and `coin_models.toml` when None.

    Raises:
        HomeError: there is no home where the settings say, or it holds another market.
        RegistryError: the coin has neither a champion nor a version with a reference.
        ModelDamaged: its stored bytes are not those that were published.
    """
    settings, coin = settings or load_settings(), coin_name(coin)
    with opened(settings) as (database, store):
        try:
            return ModelsInUse(ChampionLog(database), Registry(database, store)).one(coin).model
        except RegistryError as error:
            universe = resolve_universe(settings)
            if coin in universe or isinstance(error, ModelDamaged | ModelOutdated):
                raise
            raise RegistryError(f"no model forecasts {coin}: {not_in_universe(coin, universe)}") from error


def load_model(coin: str, day: date, *, settings: Settings | None = None) -> LoadedModel:
    """The version that was published for a trading day: it saw candles up to the end of that day, and none later.

    Args:
        coin: base asset in any spelling, such as BTC or btc.
        day: its trading day, UTC; of several versions the newest.
        settings: read from `COIN_MODELS_*` and `coin_models.toml` when None.

    Raises:
        HomeError: there is no home where the settings say, or it holds another market.
        RegistryError: no version of that coin-day is published.
        ModelDamaged: its stored bytes are not those that were published.
    """
    coin = coin_name(coin)
    with opened(settings or load_settings()) as (database, store):
        registry = Registry(database, store)
        versions = registry.versions(coin, day)
        if not versions:
            raise RegistryError(f"no model of {coin} is published for {day}; `coin-models models list` shows which are")
        return registry.load(versions[0])
