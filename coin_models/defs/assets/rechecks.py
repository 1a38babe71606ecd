"""Checks of what is stored last, for a run without a day: Dagster's Execute button on a check's page starts one."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date, timedelta
from typing import Final

import numpy as np
from dagster import AssetCheckKey, AssetCheckResult, Failure

from coin_models.defs import checks
from coin_models.defs.assets.keys import CANDLES, DAILY_REPORT, MODEL
from coin_models.defs.assets.records import assess_stored, parent_of
from coin_models.errors import CoinModelsError, ObjectDamaged
from coin_models.pipeline.daily_report import make_report, read_report
from coin_models.pipeline.services import Services

_NOTHING: Final = "of {} nothing is stored that could be checked; materialize a partition of the asset first"


def recheck_coins(services: Services, wanted: Collection[AssetCheckKey]) -> Iterator[AssetCheckResult]:
    """The checks of these coins' newest stored candles and newest published models.

    Raises:
        Failure: there is nothing to look at, or it cannot be read; the sentence says what.
    """
    for kind, coin in sorted({(key.asset_key.path[0], key.asset_key.path[1]) for key in wanted}):
        yield from _candles(services, coin) if kind == CANDLES else _model(services, coin)


def recheck_report(
    services: Services, coins: Sequence[str], wanted: Collection[AssetCheckKey]
) -> Iterator[AssetCheckResult]:
    """The checks of the newest day that has a report, from what the tables hold now.

    Raises:
        Failure: no day has one.
    """
    try:
        day = read_report(services).day
    except CoinModelsError as error:
        raise Failure(str(error), allow_retries=False) from error
    names = {key.name for key in wanted}
    for result in checks.report_checks(DAILY_REPORT, make_report(services, day, coins)):
        if result.check_name in names:
            yield _on_day(result, day)


def _candles(services: Services, coin: str) -> Iterator[AssetCheckResult]:
    history = services.candle_index.histories([coin])[coin]
    stored = np.flatnonzero(history.num_candles >= 0)
    if not len(stored):
        raise Failure(_NOTHING.format(f"{CANDLES}/{coin}"), allow_retries=False)
    day = history.first_day + timedelta(days=int(stored[-1]))
    assessed = assess_stored(services, coin, day, history)
    if isinstance(assessed, ObjectDamaged):
        raise Failure(str(assessed), allow_retries=False)
    for result in checks.candle_checks(CANDLES, assessed.quality, services.settings):
        yield _on_day(result, day)


def _model(services: Services, coin: str) -> Iterator[AssetCheckResult]:
    version = services.registry.newest([coin]).get(coin)
    if version is None:
        raise Failure(_NOTHING.format(f"{MODEL}/{coin}"), allow_retries=False)
    bundle, parent = services.registry.bundle(version), parent_of(services, version)
    for result in checks.model_checks(MODEL, version, bundle, parent, services.settings):
        yield _on_day(result, version.day)


def _on_day(result: AssetCheckResult, day: date) -> AssetCheckResult:
    """The same, saying of which day it is: the run itself has none."""
    return AssetCheckResult(
        asset_key=result.asset_key,
        check_name=result.check_name,
        passed=result.passed,
        severity=result.severity,
        metadata={**(result.metadata or {}), "day": day.isoformat()},
    )
