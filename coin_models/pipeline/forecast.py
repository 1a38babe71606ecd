"""The champion's forecast for the next horizon, from the newest candles there are.

Belongs here: putting champion and candles together. Not here: forecasting (registry/forecast.py).
"""

from datetime import date, timedelta

from coin_models.errors import RegistryError
from coin_models.market.candles import Candles
from coin_models.pipeline.services import Services
from coin_models.registry.champions import ChampionLog
from coin_models.registry.forecast import Forecast, LoadedModel

_SLACK_DAYS = 2  # the forming day, and one for a source that lags


def forecast_now(services: Services, coin: str) -> Forecast:
    """Forecasts from the newest closed candles; where the source ends in the past, from those it ends with.

    Raises:
        RegistryError: the coin has no champion.
        SourceError: the candles cannot be had.
    """
    champion = ChampionLog(services.database).champion(coin)
    if champion is None:
        raise RegistryError(
            f"{coin} has no champion: no version of it has beaten unconditional quantiles yet; "
            f"`coin-models models list --coins {coin}` shows its versions, `coin-models retrain` makes them"
        )
    model = services.registry.load(champion)
    today = services.clock.now().date()
    candles = _candles(services, coin, model, today)
    if len(candles) < model.num_candles_needed:
        candles = _candles(services, coin, model, champion.day + timedelta(days=1))
    return model.predict(candles)


def _candles(services: Services, coin: str, model: LoadedModel, last: date) -> Candles:
    days = -(-model.num_candles_needed // services.timeframe.candles_per_day) + _SLACK_DAYS
    return services.source.fetch(coin, last - timedelta(days=days), last)
