"""The Dagster instance of the embedded home, and of production where the settings name a PostgreSQL server.

Writes dagster.yaml and opens the instance. The dagster.yaml at the top of the repository says the same for production;
a test compares the two.
"""

import fcntl
from pathlib import Path
from typing import Any

import yaml
from dagster import DagsterInstance

from coin_models.defs.credentials import (
    ACCESS_KEY_VARIABLE,
    BROKER_VARIABLE,
    DATABASE_VARIABLE,
    SECRET_KEY_VARIABLE,
    export_credentials,
    has_store_keys,
)
from coin_models.defs.instance.pools import make_pools_known
from coin_models.defs.instance.storage_errors import storage_explained
from coin_models.defs.runs import SHARD
from coin_models.defs.s3 import is_s3
from coin_models.private_files import make_private_folder
from coin_models.settings.fleet import ANY_QUEUE
from coin_models.settings.root import Settings

_WAIT_FOR_A_WORKER_SECONDS = 7 * 86_400
_RUNS: dict[str, Any] = {
    # A run whose worker is gone is failed by the reaper, then launched again; a coin's own error is the resume sensor's.
    # A run may serve a month of days, most of them beyond the sensor's window: it must outlive many a machine.
    "run_retries": {"enabled": True, "max_retries": 30, "retry_on_asset_or_op_failure": False},
    "run_monitoring": {
        "enabled": True,
        "start_timeout_seconds": 300,
        "cancel_timeout_seconds": 60,
        "free_slots_after_run_end_seconds": 60,
    },
    # By run, not by step: a step's slot is a row that a killed process leaves behind, a run's is its status.
    "concurrency": {"pools": {"granularity": "run", "default_limit": 1}},
    "python_logs": {"python_log_level": "INFO"},
    "retention": {  # of ticks; of runs, prune_events.py
        "schedule": {"purge_after_days": 90},
        "sensor": {"purge_after_days": {"skipped": 3, "success": 30, "failure": 30}},
    },
    "telemetry": {"enabled": False},
    "nux": {"enabled": False},  # no invitation to a newsletter in front of the first page
}


# How many runs work at a time, the pool says. Runs of one shard come one after the other: no two machines want the same
# coins, or the same candles of an exchange, and a later day finds the parents that an earlier one published.
_QUEUE: dict[str, Any] = {
    "max_concurrent_runs": -1,
    "tag_concurrency_limits": [{"key": SHARD, "value": {"applyLimitPerUniqueValue": True}, "limit": 1}],
}


def dagster_home(settings: Settings) -> Path:
    """The folder that DAGSTER_HOME must name, with a current dagster.yaml in it."""
    folder = (settings.home / "dagster").resolve()
    make_private_folder(folder)
    content = yaml.safe_dump(instance_config(settings, folder), sort_keys=False)
    path = folder / "dagster.yaml"
    if not path.exists() or path.read_text(encoding="utf-8") != content:
        path.write_text(content, encoding="utf-8")
    return folder


def instance_config(settings: Settings, folder: Path) -> dict[str, Any]:
    """What dagster.yaml says; credentials stay in the environment."""
    if settings.database_url is not None:
        storage: dict[str, Any] = {"storage": {"custom": _postgres_storage(settings)}}
    else:
        storage = _sqlite_storage(folder)
    return {
        **storage,
        "compute_logs": _store_logs(settings, folder / "logs") if is_s3(settings) else _local_logs(folder / "logs"),
        "local_artifact_storage": {
            "module": "dagster._core.storage.root",
            "class": "LocalArtifactStorage",
            "config": {"base_dir": str(folder)},
        },
        **(_RUNS if settings.fleet.broker_url is None else _RUNS | _fleet()),
    }


def _fleet() -> dict[str, Any]:
    """Runs that workers carry. A run waits in the broker for as long as all are busy: when that is too long, the reaper says."""
    broker = {"env": BROKER_VARIABLE}
    return {
        "run_launcher": {
            "module": "coin_models.defs.fleet.launcher",
            "class": "FleetRunLauncher",
            "config": {"broker": broker, "backend": broker, "default_queue": ANY_QUEUE},
        },
        "concurrency": {**_RUNS["concurrency"], "runs": _QUEUE},
        "run_monitoring": {**_RUNS["run_monitoring"], "start_timeout_seconds": _WAIT_FOR_A_WORKER_SECONDS},
        # The reaper ticks while the resume sensor makes the runs of a large night, two at a time (docs/adr/0139).
        "sensors": {"use_threads": True, "num_workers": 4, "num_submit_workers": 2},
    }


def _local_logs(folder: Path) -> dict[str, Any]:
    return {
        "module": "dagster._core.storage.local_compute_log_manager",
        "class": "LocalComputeLogManager",
        "config": {"base_dir": str(folder)},
    }


def _store_logs(settings: Settings, folder: Path) -> dict[str, Any]:
    """In the bucket, beside the models: what a run printed outlives its machine."""
    config: dict[str, Any] = {"url": settings.store_url, "local_dir": str(folder)}
    if settings.store_endpoint_url:
        config["endpoint_url"] = settings.store_endpoint_url
    if settings.store_region:
        config["region_name"] = settings.store_region
    if has_store_keys(settings):
        config["aws_access_key_id"] = {"env": ACCESS_KEY_VARIABLE}
        config["aws_secret_access_key"] = {"env": SECRET_KEY_VARIABLE}
    return {"module": "coin_models.defs.compute_logs", "class": "StoreComputeLogManager", "config": config}


def _postgres_storage(settings: Settings) -> dict[str, Any]:
    return {
        "module": "coin_models.defs.instance.postgres_storage",
        "class": "RetryingPostgresStorage",
        "config": {
            "postgres_url": {"env": DATABASE_VARIABLE},
            "wait_seconds": settings.operations.database_wait_seconds,
        },
    }


def _sqlite_storage(folder: Path) -> dict[str, Any]:
    return {
        "run_storage": {
            "module": "coin_models.defs.instance.sqlite_paths",
            "class": "QuotedRunStorage",
            "config": {"base_dir": str(folder / "runs")},
        },
        "event_log_storage": {
            "module": "coin_models.defs.instance.sqlite_storage",
            "class": "KeptSqliteEventLogStorage",
            "config": {"base_dir": str(folder / "events")},
        },
        "schedule_storage": {
            "module": "coin_models.defs.instance.sqlite_paths",
            "class": "QuotedScheduleStorage",
            "config": {"base_dir": str(folder / "schedules")},
        },
    }


def open_instance(settings: Settings) -> DagsterInstance:
    """The instance that the UI shows; runs of the command line appear there too.

    Raises:
        DatabaseUnavailable: its database cannot be reached.
    """
    export_credentials(settings)
    folder = dagster_home(settings)
    # Dagster's SQLite run storage creates its tables without a look at who else does: two first runs at once would fail.
    with (folder / ".opening").open("w") as lock, storage_explained(settings):
        fcntl.flock(lock, fcntl.LOCK_EX)
        instance = DagsterInstance.from_config(str(folder))
        make_pools_known(instance)
        return instance
