"""What each live worker of the fleet does: its message, and by Dagster's tag of the message its run."""

from typing import Any

from dagster import DagsterInstance, RunsFilter
from dagster_celery.tags import DAGSTER_CELERY_TASK_ID_TAG

from coin_models.defs.instance.home import open_instance
from coin_models.operations.workers import FleetWorker
from coin_models.pipeline.services import Services


def list_workers(services: Services) -> list[dict[str, Any]]:
    """One row per live worker, the oldest first; `does` is `idle`, or days and coins of its run, `since` when it does that."""
    workers = services.workers.live()
    if not workers:
        return []
    with open_instance(services.settings) as instance:
        return [_row(worker, instance) for worker in workers]


def _row(worker: FleetWorker, instance: DagsterInstance) -> dict[str, Any]:
    return {
        "id": worker.worker_id,
        "machine": worker.machine,
        "device": worker.device,
        "queues": list(worker.queues),
        "provider": worker.provider,
        "market": worker.market,
        "price_usd_per_hour": worker.price_usd_per_hour,
        "code_version": worker.code_version,
        "does": "idle" if worker.task_id is None else _run_of(worker.task_id, instance),
        "since": worker.task_since.isoformat(),
        "started": worker.started_at.isoformat(),
    }


def _run_of(task_id: str, instance: DagsterInstance) -> str:
    runs = instance.get_runs(RunsFilter(tags={DAGSTER_CELERY_TASK_ID_TAG: task_id}), limit=1)
    if not runs:
        return f"message {task_id[:8]}"
    tags = runs[0].tags
    return f"run {runs[0].run_id[:8]}: {tags.get('day', '')} {tags.get('coins', '')}".rstrip(": ")
