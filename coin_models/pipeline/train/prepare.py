"""From stored candles to fit tasks: who can be trained on a day, from what, and under which fingerprint.

Belongs here: eligibility, features, parent and fingerprint of each coin, one coin's trouble kept to itself. Not here:
which coins are fitted together (cohorts.py), the fit, publishing.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from coin_models.errors import CoinModelsError, NotTrainable, SourceUnavailable
from coin_models.features.table import feature_names
from coin_models.market.candles import Candles
from coin_models.market.eligibility import explain
from coin_models.market.timeframe import parse_timeframe
from coin_models.pipeline.services import Services
from coin_models.registry.architecture import Architecture
from coin_models.registry.fingerprint import fingerprint, training_code_version
from coin_models.registry.versions import ModelVersion
from coin_models.settings.root import Settings
from coin_models.settings.training import TrainingSettings
from coin_models.training.fit.samples import first_candle_day as first_candle_day_of_fit
from coin_models.training.fit.samples import samples_of
from coin_models.training.fit.tasks import CoinTask

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prepared:
    """A coin that can be fitted, and the version that the fit would give, where it is there already."""

    task: CoinTask
    parent: ModelVersion | None
    candle_digest: str
    num_candles: int
    known: ModelVersion | None

    def forgotten(self) -> "Prepared":
        """The same as if it had never been published: what `force` asks for."""
        return replace(self, known=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """What can be done with each coin; every coin is in exactly one of the three."""

    prepared: dict[str, Prepared] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)  # by rule, with the reason
    failed: dict[str, str] = field(default_factory=dict)


def prepare(
    services: Services, day: date, coins: Sequence[str], *, candle_failures: Mapping[tuple[str, date], str]
) -> Preparation:
    """Reads the coins' candles and makes their fit tasks; one coin's trouble is its own.

    Args:
        services: where everything is.
        day: the trading day.
        coins: who is asked for.
        candle_failures: coin-days whose candles are known not to have come, with the reason.
    """
    candles = services.candles.read_range(coins, first_candle_day(day, services.settings), day)
    preparation = Preparation()
    for coin in coins:
        if (coin, day) in candle_failures:
            preparation.failed[coin] = candle_failures[coin, day]
            continue
        try:
            preparation.prepared[coin] = prepare_coin(services, day, coin, candles[coin])
        except NotTrainable as rule:
            preparation.skipped[coin] = str(rule)
        except (CoinModelsError, ValueError, ArithmeticError) as error:
            logger.exception("%s of %s cannot be prepared", coin, day)
            preparation.failed[coin] = str(error)
    return preparation


def prepare_coin(services: Services, day: date, coin: str, candles: Candles) -> Prepared:
    """Features, targets, split, parent and fingerprint of one coin.

    Raises:
        NotTrainable: a stated rule rules the coin out on this day.
        SourceUnavailable: the day's candles were never fetched.
    """
    settings = services.settings
    history = services.candle_index.histories([coin], first_candle_day(day, settings), day)[coin]
    eligibility = explain(history, day, settings.market, settings.training.lookback_days)
    if not eligibility.eligible and not eligibility.rule.is_skip:
        raise SourceUnavailable(f"{coin}: {eligibility.reason}; materialize candles/{coin} for {day} too")
    if not eligibility.eligible:
        raise NotTrainable(eligibility.reason)
    samples = samples_of(candles, day, settings.training, settings.market)
    train, validation = samples.split.train_index, samples.split.validation_index
    if not len(train) or not len(validation):
        raise NotTrainable(f"short history: {len(train)} samples to fit, {len(validation)} to validate")
    architecture = architecture_of(settings)
    parent = _parent(services, coin, day, architecture)
    digest = candles.digest()
    identity = fingerprint(
        coin=coin,
        day=day,
        candles=digest,
        architecture=architecture.to_json(),
        training=settings.training.deciding(),
        max_fill_candles=settings.market.max_fill_candles(candles.timeframe.seconds),
        code=training_code_version(),
        parent=parent.weights_sha256 if parent else None,
    )
    task = CoinTask(
        coin=coin,
        features=samples.features,
        targets=samples.targets,
        split=samples.split,
        fingerprint=identity,
        parent=services.registry.bundle(parent).weights if parent else None,
    )
    known = services.registry.find(coin, day, identity)
    return Prepared(task=task, parent=parent, candle_digest=digest, num_candles=len(candles), known=known)


def _parent(services: Services, coin: str, day: date, architecture: Architecture) -> ModelVersion | None:
    newest = services.registry.parent_for(coin, day, architecture.digest)
    return newest if newest and newest.day >= chain_start(day, services.settings.training) else None


def architecture_of(settings: Settings) -> Architecture:
    """The network that the settings ask for."""
    names = feature_names(parse_timeframe(settings.timeframe))
    return Architecture.of(settings.training, timeframe=settings.timeframe, feature_names=names)


def first_candle_day(day: date, settings: Settings) -> date:
    """The first day of candles that a fit of `day` reads."""
    return first_candle_day_of_fit(day, settings.training)


def chain_start(day: date, training: TrainingSettings) -> date:
    """The first day whose versions may be ancestors of `day`'s: every `full_retrain_every_days` a full retrain breaks the chain.

    By the calendar, not by counting: which fits are full retrains must not depend on what was trained before.
    """
    return day - timedelta(days=day.toordinal() % training.full_retrain_every_days)
