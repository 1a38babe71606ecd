"""Runs a job for consecutive days in this process, on the instance that the UI shows."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dagster import AssetKey, DagsterEvent, DagsterInstance, DagsterRun, Definitions

from coin_models.defs.assets.coins import STEP as COINS_STEP
from coin_models.defs.assets.keys import DAILY_REPORT, PATTERN_LIBRARY
from coin_models.defs.jobs import REPORT, RETRAIN, assets_of
from coin_models.defs.runs import partition_tags, tag_interrupted, work_tags
from coin_models.operations.leases import run_lease
from coin_models.pipeline.worker import Worker


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedRun:
    """A run of this process, over."""

    run: DagsterRun
    failure: str | None  # the first line of the first cause, where the run failed


def run_coins(
    instance: DagsterInstance,
    definitions: Definitions,
    worker: Worker,
    days: Sequence[date],
    coins: Sequence[str],
    *,
    force: bool = False,
    tags: Mapping[str, str],
) -> EndedRun:
    """Candles, models and shadow trades of these coins on consecutive days."""
    config = {"ops": {COINS_STEP: {"config": {"force": force}}}}
    tags = {**work_tags(days, coins, worker), **tags}
    return _run(instance, definitions, worker, RETRAIN, assets_of(coins), days, config, tags)


def run_report(
    instance: DagsterInstance,
    definitions: Definitions,
    worker: Worker,
    days: Sequence[date],
    *,
    tags: Mapping[str, str],
) -> EndedRun:
    """Patterns and report of consecutive days."""
    assets = [AssetKey(PATTERN_LIBRARY), AssetKey(DAILY_REPORT)]
    return _run(instance, definitions, worker, REPORT, assets, days, {}, {**work_tags(days, (), worker), **tags})


def _run(
    instance: DagsterInstance,
    definitions: Definitions,
    worker: Worker,
    job: str,
    assets: Sequence[AssetKey],
    days: Sequence[date],
    config: Mapping[str, Any],
    tags: Mapping[str, str],
) -> EndedRun:
    run_id = str(uuid.uuid4())
    worker.services.leases.acquire([run_lease(run_id)], worker.session.session_id, run_id=run_id)
    worker.run_id = run_id
    result = definitions.resolve_job_def(job).execute_in_process(
        run_config={
            **config,
            "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},  # the UI has the events, the terminal a bar
        },
        instance=instance,
        asset_selection=list(assets),
        run_id=run_id,
        tags={**tags, **partition_tags(days)},
        raise_on_error=False,
    )
    tag_interrupted(instance, run_id, worker)
    failures = (_cause(event) for event in result.all_events if event.is_failure)
    return EndedRun(run=result.dagster_run, failure=next(failures, None))


def _cause(event: DagsterEvent) -> str:
    """The first line of what went wrong first: around it Dagster puts errors that say only where it happened."""
    data = event.step_failure_data if event.is_step_failure else event.job_failure_data
    error = data.error
    while error is not None and error.cause is not None:
        error = error.cause
    return next(iter(error.message.strip().splitlines()), "no reason was given") if error else "no reason was given"
