"""Runs the daily job in this process, on the instance that the UI shows.

Belongs here: one Dagster run for one day and a selection of coins. Not here: which days and coins (pipeline/plan/),
what is printed (cli/). `execute_in_process` is not used: it brings an executor of its own, which skips the fit of every
coin when the candles of one failed.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from dagster import (
    AssetKey,
    DagsterEventType,
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    Definitions,
    JobDefinition,
    JsonMetadataValue,
)
from dagster._core.definitions.job_base import InMemoryJob
from dagster._core.execution.api import execute_run_iterator
from dagster._core.execution.plan.objects import StepFailureData
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteJobOrigin, RemoteRepositoryOrigin
from dagster._core.storage.tags import PARTITION_NAME_TAG
from dagster_shared.error import SerializableErrorInfo

from coin_models.defs.jobs import RETRAIN
from coin_models.defs.outputs import FAILED
from coin_models.defs.partitions import partition_key
from coin_models.defs.runs import tag_interrupted, work_tags
from coin_models.operations.leases import run_lease
from coin_models.pipeline.worker import Worker

LOCATION = "coin_models.definitions"


def run_day(
    instance: DagsterInstance,
    definitions: Definitions,
    worker: Worker,
    day: date,
    coins: Sequence[str],
    *,
    force: bool = False,
    tags: Mapping[str, str],
) -> DagsterRun:
    """Materializes the coins' partitions of a day, step by step in this process; returns the run as it ended."""
    job = _job(definitions, coins)
    run = instance.create_run_for_job(
        job_def=job,
        run_config={
            "ops": {"model": {"config": {"force": force}}},
            "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},  # the UI has the events, the terminal a bar
        },
        tags={**work_tags([day], coins, worker), **tags, PARTITION_NAME_TAG: partition_key(day)},
        asset_selection=job.asset_selection,
        remote_job_origin=_origin(),
    )
    worker.services.leases.acquire([run_lease(run.run_id)], worker.session.session_id, run_id=run.run_id)
    worker.run_id = run.run_id
    for _event in execute_run_iterator(InMemoryJob(job), run, instance):
        pass
    tag_interrupted(instance, run.run_id, worker)
    return instance.get_run_by_id(run.run_id) or run


@dataclass(frozen=True, slots=True, kw_only=True)
class StepFailure:
    """A step that failed, or the run itself."""

    step: str
    reason: str  # the first line of the first cause
    who: frozenset[str] = frozenset()  # coins that failed, and words of the recorder; empty: the step itself


def failed_steps(instance: DagsterInstance, run: DagsterRun) -> list[StepFailure]:
    """The run's steps that failed; of a run that failed outside its steps, the run."""
    found = instance.all_logs(run.run_id, of_type=DagsterEventType.STEP_FAILURE)
    failures = [_step_failure(entry.step_key or "", entry.get_dagster_event().step_failure_data) for entry in found]
    if failures or run.status is not DagsterRunStatus.FAILURE:
        return failures
    told = instance.all_logs(run.run_id, of_type=DagsterEventType.RUN_FAILURE)
    errors = [entry.get_dagster_event().job_failure_data.error for entry in told]
    return [StepFailure(step="run", reason=_cause(next(iter(errors), None)))]


def _step_failure(step: str, data: StepFailureData) -> StepFailure:
    told = data.user_failure_data.metadata.get(FAILED) if data.user_failure_data else None
    who = frozenset(map(str, told.data)) if isinstance(told, JsonMetadataValue) and isinstance(told.data, list) else ()
    return StepFailure(step=step, reason=_cause(data.error), who=frozenset(who))


def _cause(error: SerializableErrorInfo | None) -> str:
    """The first line of what went wrong first: around it Dagster puts errors that say only where it happened."""
    while error is not None and error.cause is not None:
        error = error.cause
    return next(iter(error.message.strip().splitlines()), "no reason was given") if error else "no reason was given"


def _job(definitions: Definitions, coins: Sequence[str]) -> JobDefinition:
    job = definitions.resolve_job_def(RETRAIN)
    return job.get_subset(asset_selection=assets_of(job, coins))


def assets_of(job: JobDefinition, coins: Collection[str]) -> frozenset[AssetKey]:
    """The job's assets of these coins, and those that belong to no coin."""
    wanted = set(coins)
    keys = job.asset_layer.executable_asset_keys
    return frozenset(key for key in keys if not _coin(key) or _coin(key) in wanted)


def _coin(key: AssetKey) -> str | None:
    """The coin of a per-coin asset; None for an asset of the day."""
    return key.path[1] if len(key.path) == 2 else None


def _origin() -> RemoteJobOrigin:
    """Lets the UI and the run retries launch the run again from the code location."""
    return RemoteRepositoryOrigin(RegisteredCodeLocationOrigin(LOCATION), "__repository__").get_job_origin(RETRAIN)
