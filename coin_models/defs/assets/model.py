"""`model/<COIN>`: a trading day's model of every coin.

Belongs here: the asset: which coins, which day, what the UI hears. Not here: training (daily/retrain.py).
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from dagster import (
    AssetCheckResult,
    AssetExecutionContext,
    AssetsDefinition,
    AssetSpec,
    Config,
    Failure,
    Output,
    multi_asset,
)
from dagster._core.errors import DagsterExecutionInterruptedError
from pydantic import Field

from coin_models.daily.publish import CoinOutcome
from coin_models.daily.retrain import retrain
from coin_models.daily.shift import Shift
from coin_models.defs import checks
from coin_models.defs.assets.candles import KIND as CANDLES
from coin_models.defs.metadata import model_metadata
from coin_models.defs.outputs import asset_key, fail_with_summary, output_name, selected_coins, withheld
from coin_models.defs.partitions import daily_partitions
from coin_models.defs.pools import TRAINER_POOL
from coin_models.defs.progress import log_lines
from coin_models.defs.resources import SHIFT
from coin_models.errors import Deferred, Interrupted
from coin_models.operations.attempts import Outcome
from coin_models.settings.root import Settings

KIND = "model"
MODEL_IO = "model_io"


class RetrainConfig(Config):
    """What the launchpad offers."""

    force: bool = Field(default=False, description="Train also what is there already; equal input gives equal weights.")


def build_model(settings: Settings, coins: Sequence[str]) -> AssetsDefinition:
    """One asset per coin, in one step that trains them cohort by cohort and yields each as soon as it is published."""
    specs = [
        AssetSpec(
            asset_key(KIND, coin),
            deps=[asset_key(CANDLES, coin)],
            description=(
                f"Quantile forecast of {coin}/{settings.quote} over the next {settings.training.horizon_candles} candles, "
                f"fitted on the {settings.training.lookback_days} days that end with the trading day."
            ),
            group_name="models",
            kinds={"pytorch", "lightning"},
            tags={"coin": coin},
            skippable=True,
        ).with_io_manager_key(MODEL_IO)
        for coin in coins
    ]

    @multi_asset(
        name=KIND,
        specs=specs,
        check_specs=checks.check_specs(KIND, coins, (checks.SOUND, checks.SKILLED)),
        partitions_def=daily_partitions(settings),
        can_subset=True,
        required_resource_keys={SHIFT},
        pool=TRAINER_POOL,
    )
    def model(context: AssetExecutionContext, config: RetrainConfig) -> Iterator[Output[Any] | AssetCheckResult]:
        shift: Shift = context.resources.shift
        day = date.fromisoformat(context.partition_key)
        failures: dict[str, str] = {}
        settled: set[str] = set()
        progress = log_lines(context.log.info, also=shift.workshop.progress)
        wanted = selected_coins(context, KIND, coins)
        try:
            for outcome in retrain(shift, day, wanted, force=config.force, progress=progress):
                context.log.info(_line(outcome))
                settled.add(outcome.coin)
                if outcome.outcome is Outcome.FAILED:
                    failures[outcome.coin] = outcome.reason or "no reason was given"
                yield from _results(context, shift, outcome, settings)
        except Interrupted as notice:
            # Dagster fails the run as terminated (run retries launch it again), or cancels it where the UI asked for that.
            raise DagsterExecutionInterruptedError(str(notice)) from notice
        except Deferred as deferral:
            yield from (withheld(KIND, coin) for coin in wanted if coin not in settled)
            raise Failure(str(deferral), allow_retries=False) from deferral
        fail_with_summary(failures, f"models of {day}")

    return model


def _results(
    context: AssetExecutionContext, shift: Shift, outcome: CoinOutcome, settings: Settings
) -> Iterator[Output[Any] | AssetCheckResult]:
    version, registry = outcome.version, shift.workshop.registry
    if version is None:
        yield withheld(KIND, outcome.coin)
        return
    bundle = registry.bundle(version)
    metadata = model_metadata(outcome, bundle.manifest, usd_per_hour=settings.costs.price_usd_per_hour)
    yield Output(version, output_name(KIND, outcome.coin), metadata=metadata)
    parent = registry.bundle(registry.version(version.parent_id)) if version.parent_id else None
    yield from checks.selected(context, checks.model_checks(KIND, version, bundle, parent, settings))


def _line(outcome: CoinOutcome) -> str:
    if outcome.version is None:
        return f"{outcome.coin}: {outcome.action.value}: {outcome.reason}"
    return f"{outcome.coin}: {outcome.action.value}, skill {outcome.version.skill or 0.0:+.4f}, {outcome.version.id}"
