"""Turns a planned coin-day into a fit task: its candles, features, targets and the parent's weights.

An error of one coin does not affect the others.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from coin_models.errors import CoinModelsError, NotTrainable, RegistryError
from coin_models.features.feature_sets import OwnFeatures
from coin_models.features.table import check_causal
from coin_models.market.candles import Candles
from coin_models.market.history import History
from coin_models.pipeline.plan.plan import PlannedCoinDay
from coin_models.pipeline.plan.recipe import Recipe, architecture_of
from coin_models.pipeline.services import Services
from coin_models.registry.versions import ModelVersion
from coin_models.training.fit.samples import samples_of
from coin_models.training.fit.tasks import CoinTask
from coin_models.training.horizons import task_at

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prepared:
    """A coin that can be fitted, and the version that the fit would give, where it exists."""

    planned: PlannedCoinDay
    task: CoinTask
    parent: ModelVersion | None
    candle_digest: str  # of the window, hexadecimal
    num_candles: int
    existing: ModelVersion | None = None  # a finished member of a cohort that is resumed

    def forgotten(self) -> "Prepared":
        """The same as if it had never been published: it is to be made, whatever is there."""
        return replace(self, existing=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Preparation:
    """What can be fitted, and what cannot and why."""

    prepared: dict[str, Prepared] = field(default_factory=dict)
    failures: dict[str, Exception] = field(default_factory=dict)


def prepare(
    services: Services, planned: Sequence[PlannedCoinDay], histories: Mapping[str, History], recipe: Recipe
) -> Preparation:
    """Makes the fit tasks of coins of one day; an error of one coin does not affect the others."""
    if not planned:
        return Preparation()
    day = planned[0].day
    named = {item.coin: histories[item.coin] for item in planned}
    candles = services.candles.read_window(named, recipe.first_candle_day(day), day)
    preparation = Preparation()
    for item in planned:
        coin_candles = candles[item.coin]
        try:
            if isinstance(coin_candles, Exception):
                raise coin_candles
            preparation.prepared[item.coin] = prepare_coin(services, item, coin_candles, histories[item.coin], recipe)
        except (CoinModelsError, ValueError, ArithmeticError) as error:
            logger.warning("%s of %s cannot be prepared: %s", item.coin, item.day, error, exc_info=error)
            preparation.failures[item.coin] = error
    return preparation


def prepare_coin(
    services: Services, planned: PlannedCoinDay, candles: Candles, history: History, recipe: Recipe
) -> Prepared:
    """Features, targets, split and the parent's weights of one coin.

    Raises:
        NotTrainable: too few samples are left of the window to fit or to validate.
        UsageError: a feature set looks ahead, or fails.
        RegistryError: the parent that the plan names is not published, or damaged.
    """
    own = OwnFeatures(coin=planned.coin, sets=services.settings.training.features)
    samples = samples_of(candles, planned.day, services.settings.training, recipe.market, own)
    check_causal(samples.features, candles, recipe.market, own, seed=planned.day.toordinal())
    train, validation = samples.split.train_index, samples.split.validation_index
    if not len(train) or not len(validation):
        raise NotTrainable(f"{len(train)} samples to fit and {len(validation)} to validate are too few")
    parent = _parent(services, planned)
    task = CoinTask(
        coin=planned.coin,
        features=samples.features,
        targets=samples.targets,
        split=samples.split,
        fingerprint=_fingerprint(planned),
        parent=services.registry.bundle(parent).weights if parent else None,
    )
    _check_horizons(services, task)
    existing = services.registry.find(planned.coin, planned.day, _fingerprint(planned))
    digest = history.window_digest(np.array([planned.day.toordinal()]), recipe.num_candle_days)[0].tobytes().hex()
    return Prepared(
        planned=planned, task=task, parent=parent, candle_digest=digest, num_candles=len(candles), existing=existing
    )


def _check_horizons(services: Services, task: CoinTask) -> None:
    """Raises NotTrainable where a further horizon has too few samples."""
    for minutes in services.settings.training.more_horizons_minutes:
        try:
            task_at(task, architecture_of(services.settings), minutes)
        except ValueError as error:
            raise NotTrainable(str(error)) from error


def _parent(services: Services, planned: PlannedCoinDay) -> ModelVersion | None:
    if planned.parent_day is None or planned.parent_fingerprint is None:
        return None
    version = services.registry.find(planned.coin, planned.parent_day, planned.parent_fingerprint)
    if version is None:
        raise RegistryError(
            f"the parent of {planned.coin} {planned.day}, its version of {planned.parent_day}, is not published"
        )
    return version


def _fingerprint(planned: PlannedCoinDay) -> str:
    if planned.fingerprint is None:
        raise ValueError(f"no version of {planned.coin} {planned.day} is wanted: {planned.reason}")
    return planned.fingerprint
