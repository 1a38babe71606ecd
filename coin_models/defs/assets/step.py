"""Builds the steps of our assets: a step works on the days of a run, oldest first, and records each (asset, day) at
once.

A run serves one trading day or a range of days, in the same way. The step yields no output. It passes each result to
the asset's own I/O manager and logs the materialization itself. So a kill right after loses nothing, and one coin that
fails does not delay another (docs/adr/0096).
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dagster import (
    AssetCheckKey,
    AssetCheckResult,
    AssetCheckSpec,
    AssetExecutionContext,
    AssetsDefinition,
    AssetSpec,
    BackfillPolicy,
    Config,
    DagsterExecutionInterruptedError,
    Failure,
    Output,
    multi_asset,
)

from coin_models.defs.assets.keys import asset_key
from coin_models.defs.partition_recorder import PartitionRecorder
from coin_models.defs.partitions import daily_partitions
from coin_models.defs.progress import log_phases
from coin_models.defs.resources import WORKER
from coin_models.errors import Interrupted
from coin_models.pipeline.phases import PhaseSink
from coin_models.pipeline.services import Services
from coin_models.pipeline.worker import Worker
from coin_models.settings.root import Settings


class StepConfig(Config):
    """What the launchpad offers."""

    force: bool = False
    """Retrain even if a matching version exists; equal input gives equal weights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A running step."""

    context: AssetExecutionContext
    config: StepConfig
    worker: Worker
    recorder: PartitionRecorder
    on_phase: PhaseSink

    def selected(self, kind: str, coins: Sequence[str]) -> list[str]:
        """The coins whose asset of this kind the run makes, in the order of the universe."""
        keys = self.context.selected_asset_keys
        return [coin for coin in coins if asset_key(kind, coin) in keys]


_NO_DAY: Final = "This run has no day: launch it for a partition, such as 2024-08-15, or a range of them."


def build_step(
    settings: Settings,
    name: str,
    specs: Sequence[AssetSpec],
    checks: Sequence[AssetCheckSpec],
    work: Callable[[Step], None],
    recheck: Callable[[Services, Collection[AssetCheckKey]], Iterator[AssetCheckResult]],
    *,
    backfill: BackfillPolicy,
    resources: frozenset[str] = frozenset(),
    pool: str | None = None,
) -> AssetsDefinition:
    """Assets that are made together, in one step.

    Args:
        settings: give the partitions.
        name: of the step.
        specs: the assets.
        checks: of these assets.
        work: what the step does on all its days.
        recheck: checks of what is stored last; the Execute button of a check starts a run of it alone, without a day.
        backfill: how a backfill is cut into runs; assets of different policies never share one.
        resources: keys of what it needs besides the worker.
        pool: in which a run of it waits for its turn.
    """

    @multi_asset(
        name=name,
        specs=specs,
        check_specs=checks,
        partitions_def=daily_partitions(settings),
        backfill_policy=backfill,
        can_subset=True,
        required_resource_keys={WORKER, *resources},
        pool=pool,
    )
    def step(context: AssetExecutionContext, config: StepConfig) -> Iterator[Output[Any] | AssetCheckResult]:
        worker: Worker = context.resources.worker
        if not (context.has_partition_key or context.has_partition_key_range):
            if context.selected_asset_keys:
                raise Failure(_NO_DAY, allow_retries=False)
            yield from recheck(worker.services, context.selected_asset_check_keys)
            return
        recorder = PartitionRecorder(context, worker)
        try:
            on_phase = log_phases(context.log.info, also=worker.on_phase)
            work(Step(context=context, config=config, worker=worker, recorder=recorder, on_phase=on_phase))
        except Interrupted as notice:
            # Dagster fails the run as terminated (run retries launch it again), or cancels it where the UI requested that.
            raise DagsterExecutionInterruptedError(str(notice)) from notice
        recorder.close()
        yield from ()  # every output may be left out: what was made is recorded already

    return step
