"""Forecasts for the next horizon from the newest candles, of one coin or of all, with the age of candles and model.

Candles that are too old are refused. The forecast itself is made in registry/forecast.py.
"""

import threading
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Final

from coin_models.errors import CandlesRejected, CandlesTooOld, CoinModelsError, RegistryError, UsageError
from coin_models.market.candles import Candles
from coin_models.market.universe import coin_name, not_in_universe, resolve_universe
from coin_models.pipeline.newest_candles import NewestCandles
from coin_models.pipeline.services import Services
from coin_models.pipeline.young_coins import YoungCoins
from coin_models.registry.champions import ChampionLog
from coin_models.registry.forecast import Forecast, LoadedModel
from coin_models.registry.models_in_use import InUse, ModelInUse, ModelsInUse

if TYPE_CHECKING:
    import pandas as pd

MAX_CANDLES_OLD: Final = 2
"""Candles' lengths that may have passed since the newest candle closed: one for the candle that forms, one for the source."""

ADVICE: Final = "Get newer candles, or forecast from that moment with --allow-stale"
"""What the command line says of candles that are too old."""

_CLOCKS_APART: Final = 5.0  # seconds that a caller's clock may run ahead
_THREADS: Final = 8  # coins whose candles are read at the same time


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


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentForecasts:
    """The forecasts of several coins at one moment; every coin is in one of the two, in the order of the request."""

    forecasts: Mapping[str, CurrentForecast]
    failures: Mapping[str, CoinModelsError]

    def to_json(self) -> dict[str, object]:
        """Both as JSON can hold them; `is_stale`: there are candles, and they are too old."""
        return {
            "forecasts": [forecast.to_json() for forecast in self.forecasts.values()],
            "failures": [
                {"coin": coin, "error": str(error), "is_stale": isinstance(error, CandlesTooOld)}
                for coin, error in self.failures.items()
            ],
        }


class Forecaster:
    """Forecasts with what is in use since the last `refresh`; a request sees one state of it, and threads may share it.

    Args:
        services: the parts.
        coins: that may be forecast.
        allow_stale: also from candles that are too old.
        advice: the end of the sentence about those.
        horizon: as `LoadedModel.at`.
    """

    def __init__(
        self,
        services: Services,
        coins: Collection[str],
        *,
        allow_stale: bool = False,
        advice: str = ADVICE,
        horizon: str | None = None,
    ) -> None:
        self._services, self.coins = services, tuple(coins)
        self._allow_stale, self._advice, self._horizon = allow_stale, advice, horizon
        self._models = ModelsInUse(ChampionLog(services.database), services.registry)
        self._young = YoungCoins(services)
        self._candles = NewestCandles(services)
        self._made: dict[str, tuple[LoadedModel, Candles, Forecast]] = {}
        self._computing = threading.Lock()  # of many short numpy calls two threads take longer than one
        self.in_use = InUse(models={}, failures={})

    def refresh(self) -> Sequence[str]:
        """Reads who forecasts now, loads what is new, and swaps all at once; returns the coins that changed.

        A version that cannot be loaded for now does not replace the one that forecasts.

        Raises:
            DatabaseError: the versions cannot be read; what is in use stays.
        """
        before, now = self.in_use, self._young.added(self._models.read(self.coins))
        kept = {
            coin: before.models[coin]
            for coin, error in now.failures.items()
            if error.transient and coin in before.models
        }
        failures = {coin: error for coin, error in now.failures.items() if coin not in kept}
        after = InUse(models={**now.models, **kept}, failures=failures)
        self.in_use = after
        return [coin for coin in self.coins if _content(before, coin) != _content(after, coin)]

    def forecast(self, coin: str) -> CurrentForecast:
        """The coin's forecast from the newest closed candles.

        Raises:
            RegistryError: nothing forecasts the coin.
            CandlesTooOld: the newest candles are too old, and that was not allowed.
            SourceError: the candles cannot be had.
        """
        in_use = _model_of(coin, self.in_use)
        return self._forecast(in_use, self._candles.of(coin, in_use))

    def forecast_all(self, coins: Collection[str] | None = None) -> CurrentForecasts:
        """The forecasts of these coins, or of all, from one state of what is in use."""
        in_use, asked = self.in_use, self.coins if coins is None else tuple(coins)

        def candles_of(coin: str) -> Candles | CoinModelsError:
            try:
                return self._candles.of(coin, _model_of(coin, in_use))
            except CoinModelsError as error:
                return error

        def one(coin: str, candles: Candles | CoinModelsError) -> CurrentForecast | CoinModelsError:
            if isinstance(candles, CoinModelsError):
                return candles
            try:
                return self._forecast(in_use.models[coin], candles)
            except CoinModelsError as error:
                return error

        with ThreadPoolExecutor(_THREADS, thread_name_prefix="candles") as threads:
            results = {
                coin: one(coin, candles) for coin, candles in zip(asked, threads.map(candles_of, asked), strict=True)
            }
        return CurrentForecasts(
            forecasts={coin: made for coin, made in results.items() if isinstance(made, CurrentForecast)},
            failures={coin: error for coin, error in results.items() if isinstance(error, CoinModelsError)},
        )

    def predict(self, coin: str, ohlcv: "pd.DataFrame | Candles | Sequence[Sequence[float]]") -> CurrentForecast:
        """The coin's forecast from the caller's candles, as `LoadedModel.predict` takes them.

        Raises:
            RegistryError, CandlesTooOld: as `forecast`.
            CandlesRejected, UsageError: the candles are not good, too few, or the last one has not closed yet.
        """
        in_use = _model_of(coin, self.in_use)
        current = self._current(in_use, in_use.model.predict(ohlcv), "the newest candle given closed on")
        if current.candles_age_seconds < -_CLOCKS_APART:
            raise CandlesRejected(
                f"{coin}: the last candle closes at {current.forecast.made_at:%Y-%m-%d %H:%M} UTC, which is not over: "
                "leave out the candle that still forms"
            )
        return current

    def _forecast(self, in_use: ModelInUse, candles: Candles) -> CurrentForecast:
        coin, model = in_use.version.coin, in_use.model
        made = self._made.get(coin)
        if made is None or made[0] is not model or made[1] is not candles:
            with self._computing:
                made = self._made[coin] = model, candles, model.predict(candles, horizon=self._horizon)
        return self._current(in_use, made[2], _where_candles_end(self._services))

    def _current(self, in_use: ModelInUse, forecast: Forecast, where: str) -> CurrentForecast:
        now = self._services.clock.now()
        current = CurrentForecast(forecast=forecast, model_day=in_use.version.day, asked_at=now)
        if not self._allow_stale and current.candles_age_seconds > MAX_CANDLES_OLD * in_use.model.timeframe.seconds:
            raise CandlesTooOld(
                f"{forecast.coin}: {where} {forecast.made_at:%Y-%m-%d %H:%M} UTC, "
                f"{age_in_words(current.candles_age_seconds)} ago; a forecast from there is out of date. {self._advice}"
            )
        return current


def forecast_now(
    services: Services, coin: str, *, allow_stale: bool = False, horizon: str | None = None
) -> CurrentForecast:
    """Forecasts from the newest closed candles: by the champion, without one by the newest version's reference,
    of a young coin by the pool.

    Args:
        services: the parts.
        coin: base asset in any spelling, such as btc.
        allow_stale: also from candles that closed more than `MAX_CANDLES_OLD` candles ago.
        horizon: as `LoadedModel.at`.

    Raises:
        UsageError: the coin is not in the universe, and no model of it is published, or its model has no such horizon.
        RegistryError: the coin has neither a champion nor a version with a reference, and is not young.
        CandlesTooOld: the newest candles are too old, and that was not allowed.
        SourceError: the candles cannot be had.
    """
    forecaster = _forecaster(services, [coin], allow_stale=allow_stale, horizon=horizon)
    return forecaster.forecast(forecaster.coins[0])


def forecasts_now(
    services: Services, coins: Collection[str] | None, *, allow_stale: bool = False, horizon: str | None = None
) -> CurrentForecasts:
    """As `forecast_now`, of several coins, or of the universe; what fails for one does not affect the others.

    Raises:
        UsageError: a coin is not in the universe, and no model of it is published; or no coin's model has that horizon.
    """
    asked = resolve_universe(services.settings) if coins is None else coins
    made = _forecaster(services, asked, allow_stale=allow_stale, horizon=horizon).forecast_all()
    refused = [error for error in made.failures.values() if isinstance(error, UsageError)]
    if horizon is not None and refused and len(refused) == len(made.failures) and not made.forecasts:
        raise refused[0]
    return made


def _forecaster(services: Services, names: Collection[str], *, allow_stale: bool, horizon: str | None) -> Forecaster:
    """What forecasts these coins, in any spelling."""
    coins = list(dict.fromkeys(map(coin_name, names)))
    forecaster = Forecaster(services, coins, allow_stale=allow_stale, horizon=horizon)
    forecaster.refresh()
    universe = resolve_universe(services.settings)
    foreign = [coin for coin in coins if coin not in forecaster.in_use.models and coin not in universe]
    if without := [coin for coin in foreign if coin not in services.registry.newest(foreign)]:
        raise UsageError(not_in_universe(without[0], universe))
    return forecaster


def age_in_words(seconds: float) -> str:
    """An age in its largest unit: 40 s, 12 min, 5 h, 810 days."""
    for unit, length in (("days", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:,.0f} {unit}"
    return f"{seconds:.0f} s"


def _model_of(coin: str, state: InUse) -> ModelInUse:
    if coin in state.models:
        return state.models[coin]
    raise state.failures.get(coin) or RegistryError(f"nothing forecasts {coin}: it is not among the coins served")


def _content(state: InUse, coin: str) -> object:
    """What tells whether the coin's forecaster is another one."""
    in_use = state.models.get(coin)
    return None if in_use is None else (in_use.model.version_id, in_use.model.forecaster)


def _where_candles_end(services: Services) -> str:
    if services.settings.source == "files":
        return f"the files in {services.settings.market.files_path} end on"
    return f"the newest candle of source {services.settings.source!r} closed on"
