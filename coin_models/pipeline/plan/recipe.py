"""The recipe: everything that decides a fit and is the same for every coin-day: settings, network, training code."""

from dataclasses import dataclass
from datetime import date, timedelta

from coin_models.market.timeframe import parse_timeframe
from coin_models.models.architecture import Architecture
from coin_models.registry.fingerprint import feature_set_digests, fingerprint, settings_digest, training_code_version
from coin_models.settings.market import MarketSettings
from coin_models.settings.root import Settings
from coin_models.training.fit import samples


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What is done with every coin's candles."""

    digest: bytes  # 32 bytes: settings and code
    settings_digest: str  # of the deciding settings and the network, hexadecimal
    code_version: str
    lookback_days: int
    num_candle_days: int  # the lookback, and what the slowest feature needs before it
    full_retrain_every_days: int
    market: MarketSettings

    def first_candle_day(self, day: date) -> date:
        """The first day of candles that a fit of `day` reads."""
        return day - timedelta(days=self.num_candle_days - 1)

    def parents_from(self, day: date) -> date:
        """The earliest day that a fit of `day` may start from."""
        return day - timedelta(days=self.full_retrain_every_days - 1)


def recipe_of(settings: Settings) -> Recipe:
    """The recipe that the settings and the installed code give."""
    code, day = training_code_version(settings.training.plugins), date(2000, 1, 1)
    max_fill_candles = settings.market.max_fill_candles(parse_timeframe(settings.timeframe).seconds)
    decided = settings_digest(architecture_of(settings).to_json(), settings.training.deciding(), max_fill_candles)
    return Recipe(
        digest=bytes.fromhex(fingerprint(settings=decided, code=code)),
        settings_digest=decided,
        code_version=code,
        lookback_days=settings.training.lookback_days,
        num_candle_days=(day - first_candle_day(day, settings)).days + 1,
        full_retrain_every_days=settings.training.full_retrain_every_days,
        market=settings.market,
    )


def architecture_of(settings: Settings) -> Architecture:
    """The network and the reference that the settings request."""
    return Architecture.of(
        settings.training,
        timeframe=parse_timeframe(settings.timeframe),
        feature_sets=feature_set_digests(settings.training.features),
    )


def first_candle_day(day: date, settings: Settings) -> date:
    """The first day of candles that a fit of `day` reads."""
    return samples.first_candle_day(day, settings.training)
