"""Pruning of a whole home: the project's tables and objects (pipeline/prune/), and Dagster's runs (instance/prune_events.py)."""

import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from dagster import DagsterInstance
from sqlalchemy import create_engine

from coin_models.db.shrink import shrink
from coin_models.defs.instance.home import dagster_home
from coin_models.defs.instance.prune_events import RunPruning, plan_runs, prune_runs
from coin_models.defs.instance.sqlite_paths import sqlite_url
from coin_models.errors import CoinModelsError
from coin_models.pipeline.prune.prune import OnProgress, Pruning, now_of, plan_pruning, prune
from coin_models.pipeline.services import Services

logger = logging.getLogger(__name__)

EVERY: Final = timedelta(hours=6)
AT_MOST_SECONDS: Final = 20.0
"""Of an automatic turn: the tick of a sensor ends after a minute. What is left is of the next turn."""
_TURN: Final = "sweep/prune"
_SHARED_FILES: Final = ("events/index.db", "runs.db", "runs/runs.db", "schedules/schedules.db")


@dataclass(frozen=True, slots=True, kw_only=True)
class HomePruning:
    """What is old enough to be removed."""

    content: Pruning
    runs: RunPruning

    @property
    def counts(self) -> dict[str, int]:
        """By what it is, how many are removed."""
        return {**self.content.counts, **self.runs.counts}

    def to_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {"kept_from": self.content.cutoff.day.isoformat(), "removed": self.counts}

    def __str__(self) -> str:
        """One line for the tick, the log and the terminal."""
        day = self.content.cutoff.day
        counts = ", ".join(f"{number:,} {what}" for what, number in self.counts.items())
        return f"older than {day}: {counts}" if counts else f"nothing is older than {day} and not kept"


def plan_home(services: Services, instance: DagsterInstance, now: datetime | None = None) -> HomePruning:
    """What `prune_home` removes now, by the database's clock, or as of `now`."""
    now, retention = now or now_of(services), services.settings.retention
    return HomePruning(content=plan_pruning(services, now), runs=plan_runs(instance, retention, now))


def prune_home(
    services: Services,
    instance: DagsterInstance,
    pruning: HomePruning,
    progress: OnProgress = lambda *_: None,
    *,
    is_over: Callable[[], bool] = lambda: False,
) -> bool:
    """Removes it; whether all was removed before `is_over` said so. Raises as `pipeline.prune.prune.prune`."""
    return prune(services, pruning.content, progress, is_over=is_over) and prune_runs(
        instance, pruning.runs, progress, is_over
    )


def prune_if_due(services: Services, instance: DagsterInstance) -> HomePruning | None:
    """One turn of `retention.automatic`; None where it is off, where another process had the turn, or where it failed.

    Tidying is no reason for a run to fail: an error is logged, and the rest is left to the next turn.
    """
    if not services.settings.retention.automatic:
        return None
    try:
        if not services.leases.acquire([_TURN], f"prune {uuid.uuid4().hex}", lifetime=EVERY):
            return None
        pruning, until = plan_home(services, instance), time.monotonic() + AT_MOST_SECONDS
        prune_home(services, instance, pruning, is_over=lambda: time.monotonic() > until)
    except CoinModelsError as error:
        logger.warning("pruning failed, the next turn is in %s: %s", EVERY, error)
        return None
    logger.info("pruned: %s", pruning)
    return pruning


def shrink_files(services: Services) -> int:
    """Gives the space of removed rows back, where the tables are files; returns the bytes."""
    num_bytes = shrink(services.database.engine)
    folder = dagster_home(services.settings)
    for path in (folder / name for name in _SHARED_FILES):
        num_bytes += _shrink_file(path) if path.exists() else 0
    return num_bytes


def _shrink_file(path: Path) -> int:
    engine = create_engine(sqlite_url(path), connect_args={"timeout": 1.0})
    try:
        return shrink(engine)
    finally:
        engine.dispose()
