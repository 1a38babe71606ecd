"""The champion's forecast for the next horizon, from the newest candles, with the age of both.

Candles that are too old are refused. The forecast itself is made in registry/forecast.py.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from coin_models.errors import CandlesTooOld, RegistryError, UsageError
from coin_models.market.candles import Candles
from coin_models.market.top_up_days import answer_of
from coin_models.market.universe import coin_name, not_in_universe, resolve_universe
from coin_models.pipeline.services import Services
from coin_models.registry.champion import model_in_use, nothing_forecasts
from coin_models.registry.champions import ChampionLog
from coin_models.registry.forecast import Forecast, LoadedModel
from coin_models.registry.versions import ModelVersion

MAX_CANDLES_OLD: Final = 2
"""Candles' lengths that may have passed since the newest candle closed: one for the candle that forms, one for the source."""

_KNOWN_DAYS = 31  # before the candles that are requested
_SLACK_DAYS = 2  # the forming day, and one for a source that lags


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentForecast:
    """A forecast, and how old is what it was made from."""

    forecast: Forecast
    model_day: date  # the last day that the model was fitted on
    asked_at: datetime

    @property
    def candles_age_seconds(self) -> float:
        """Seconds since the newest candle closed."""
        return (self.asked_at - self.forecast.made_at).total_seconds()

    @property
    def model_age_days(self) -> int:
        """Days since the last day that the model was fitted on."""
        return (self.asked_at.date() - self.model_day).days

    def to_json(self) -> dict[str, object]:
        """The forecast as JSON can hold it, with both ages."""
        ages = {"candles_age_seconds": round(self.candles_age_seconds, 3), "model_age_days": self.model_age_days}
        return {**self.forecast.to_json(), **ages}


def forecast_now(services: Services, coin: str, *, allow_stale: bool = False) -> CurrentForecast:
    """Forecasts from the newest closed candles: by the champion, without one by the newest version's reference.

    Args:
        coin: base asset in any spelling, such as btc.
        allow_stale: also from candles that closed more than `MAX_CANDLES_OLD` candles ago.

    Raises:
        UsageError: the coin is not in the universe, and no model of it is published.
        RegistryError: the coin has neither a champion nor a version with a reference.
        CandlesTooOld: the newest candles are too old, and that was not allowed.
        SourceError: the candles cannot be had.
    """
    coin = coin_name(coin)
    version, model = _forecaster(services, coin)
    forecast = model.predict(_newest_candles(services, coin, model, version))
    current = CurrentForecast(forecast=forecast, model_day=version.day, asked_at=services.clock.now())
    if not allow_stale and current.candles_age_seconds > MAX_CANDLES_OLD * model.timeframe.seconds:
        raise CandlesTooOld(
            f"{coin}: {_where_candles_end(services)} {forecast.made_at:%Y-%m-%d %H:%M} UTC, "
            f"{age_in_words(current.candles_age_seconds)} ago; a forecast from there is out of date. "
            "Get newer candles, or forecast from that moment with --allow-stale"
        )
    return current


def age_in_words(seconds: float) -> str:
    """An age in its largest unit: 40 s, 12 min, 5 h, 810 days."""
    for unit, length in (("days", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.0f} {unit}"
    return f"{seconds:.0f} s"


def _forecaster(services: Services, coin: str) -> tuple[ModelVersion, LoadedModel]:
    in_use = model_in_use(ChampionLog(services.database), services.registry, coin)
    if in_use is not None:
        return in_use
    universe = resolve_universe(services.settings)
    if coin not in universe and not services.registry.versions(coin):
        raise UsageError(not_in_universe(coin, universe))
    raise RegistryError(nothing_forecasts(coin))


def _newest_candles(services: Services, coin: str, model: LoadedModel, champion: ModelVersion) -> Candles:
    """The newest there are; where the source ends in the past, those that it ends with."""
    days = -(-model.num_candles_needed // model.timeframe.candles_per_day) + _SLACK_DAYS
    today = services.clock.now().date()
    candles = _asked(services, coin, today - timedelta(days=days), today)
    if len(candles) < model.num_candles_needed:
        candles = _asked(services, coin, champion.day - timedelta(days=days), today)
    return candles


def _asked(services: Services, coin: str, first: date, last: date) -> Candles:
    """The source's candles; what is stored before them tells whether another exchange may stand in for the first."""
    history = services.candle_index.histories([coin], first - timedelta(days=_KNOWN_DAYS), last)[coin]
    return answer_of(services.source, services.candles, coin, history, first, last).candles


def _where_candles_end(services: Services) -> str:
    if services.settings.source == "files":
        return f"the files in {services.settings.market.files_path} end on"
    return f"the newest candle of source {services.settings.source!r} closed on"
