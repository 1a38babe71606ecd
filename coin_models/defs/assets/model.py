"""`model/<COIN>`: a trading day's model of every coin.

Belongs here: the asset: which coins, which day, what the UI hears. Not here: training (pipeline/train/run.py).
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
    Output,
    multi_asset,
)
from dagster._core.errors import DagsterExecutionInterruptedError
from pydantic import Field

from coin_models.defs import checks
from coin_models.defs.assets.candles import KIND as CANDLES
from coin_models.defs.metadata import model_metadata
from coin_models.defs.outputs import OWNERS, asset_key, selected_coins
from coin_models.defs.partition_recorder import PUT_OFF, PartitionRecorder
from coin_models.defs.partitions import daily_partitions, one_run_per_range
from coin_models.defs.pools import TRAINER_POOL
from coin_models.defs.progress import log_lines
from coin_models.defs.resources import WORKER
from coin_models.defs.runs import RESUMED, coins_tag
from coin_models.errors import Deferred, Interrupted
from coin_models.operations.attempts import Action, Outcome
from coin_models.pipeline.train.outcome import CoinOutcome
from coin_models.pipeline.train.run import retrain
from coin_models.pipeline.worker import Worker
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
                f"Quantile forecast of {coin}/{settings.quote} over the next {settings.training.horizon_minutes} minutes, "
                f"fitted on the {settings.training.lookback_days} days that end with the trading day."
            ),
            group_name="models",
            kinds={"pytorch", "lightning"},
            owners=OWNERS,
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
        backfill_policy=one_run_per_range(settings),
        can_subset=True,
        required_resource_keys={WORKER},
        pool=TRAINER_POOL,
    )
    def model(context: AssetExecutionContext, config: RetrainConfig) -> Iterator[Output[Any] | AssetCheckResult]:
        wanted = selected_coins(context, KIND, coins)
        book = PartitionRecorder(context)
        try:
            for day in book.days:  # oldest first: what later days start from is made once
                with book.on(day):
                    _train(context, book, day, wanted, force=config.force)
        except Interrupted as notice:
            # Dagster fails the run as terminated (run retries launch it again), or cancels it where the UI asked for that.
            raise DagsterExecutionInterruptedError(str(notice)) from notice
        except Deferred as deferral:
            book.failed(PUT_OFF, day, str(deferral))  # what the admission says of this day it says of the later ones
        yield from book.close()

    return model


def _train(
    context: AssetExecutionContext, book: PartitionRecorder, day: date, coins: Sequence[str], *, force: bool
) -> None:
    worker: Worker = context.resources.worker
    resumed = []
    progress = log_lines(context.log.info, also=worker.services.progress)
    for outcome in retrain(worker, day, coins, force=force, progress=progress):
        context.log.info(_line(outcome))
        _record(worker, book, outcome)
        if outcome.action is Action.RESUMED:
            resumed.append(outcome.coin)
    if resumed:
        context.instance.add_run_tags(context.run_id, {RESUMED: f"{day}: {coins_tag(resumed)}"})


def _record(worker: Worker, book: PartitionRecorder, outcome: CoinOutcome) -> None:
    version, services = outcome.version, worker.services
    if outcome.outcome in (Outcome.FAILED, Outcome.UNAVAILABLE):
        book.failed(outcome.coin, outcome.day, outcome.reason or "no reason was given")
    if version is None:
        return
    settings, registry = services.settings, services.registry
    bundle = registry.bundle(version)
    metadata = model_metadata(outcome, bundle.manifest, usd_per_hour=settings.costs.price_usd_per_hour)
    book.record(asset_key(KIND, outcome.coin), outcome.day, metadata, version=version.weights_sha256)
    parent = registry.bundle(registry.version(version.parent_id)) if version.parent_id else None
    book.check(outcome.day, checks.model_checks(KIND, version, bundle, parent, settings))


def _line(outcome: CoinOutcome) -> str:
    said = f"{outcome.day} {outcome.coin}: {outcome.action.value}"
    if outcome.version is None:
        return f"{said}: {outcome.reason}"
    return f"{said}, skill {outcome.version.skill or 0.0:+.4f}, {outcome.version.id}"
