"""Executes runs in this process, on the instance that the UI shows: for a command, a program, or a backtest in the UI."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dagster import AssetKey, DagsterInstance, DagsterRun, Definitions

from coin_models.defs.assets.coins import STEP as COINS_STEP
from coin_models.defs.assets.keys import DAILY_REPORT, PATTERN_LIBRARY
from coin_models.defs.failures import cause_of
from coin_models.defs.jobs import REPORT, RETRAIN, assets_of
from coin_models.defs.runs import partition_tags, tag_interrupted, work_tags
from coin_models.defs.sensors.missing import unmaterialized
from coin_models.defs.sensors.reaping import ReapResult, reap
from coin_models.operations.leases import run_lease
from coin_models.pipeline.plan.facts import CoinDay
from coin_models.pipeline.services import Services
from coin_models.pipeline.worker import Worker
from coin_models.settings.root import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedRun:
    """A run of this process, over."""

    run: DagsterRun
    failure: str | None  # the first line of the first cause, where the run failed


@dataclass(slots=True)
class DagsterRunExecutor:
    """Executes runs by `execute_in_process`; see `pipeline.run_days.RunExecutor`."""

    services: Services
    instance: DagsterInstance
    tags: Mapping[str, str]
    build: Callable[[Settings, Worker], Definitions]
    _definitions: dict[str, Definitions] = field(default_factory=dict)  # by session: they hold its worker

    def reap(self) -> ReapResult:
        """Closes what died without notice."""
        return reap(self.services, self.instance)

    def unrecorded(self, coins: Sequence[str], days: Sequence[date]) -> set[CoinDay]:
        """The coin-days whose model Dagster has no materialization of."""
        return unmaterialized(self.instance, coins, days)

    def run_coins(self, worker: Worker, days: Sequence[date], coins: Sequence[str], *, force: bool = False) -> EndedRun:
        """Candles, models and shadow trades of these coins on consecutive days."""
        config = {"ops": {COINS_STEP: {"config": {"force": force}}}}
        return self._run(worker, RETRAIN, assets_of(coins), days, config, work_tags(days, coins, worker))

    def run_report(self, worker: Worker, days: Sequence[date]) -> EndedRun:
        """Patterns and report of consecutive days."""
        assets = [AssetKey(PATTERN_LIBRARY), AssetKey(DAILY_REPORT)]
        return self._run(worker, REPORT, assets, days, {}, work_tags(days, (), worker))

    def _run(
        self,
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
        result = (
            self._definitions_of(worker)
            .resolve_job_def(job)
            .execute_in_process(
                run_config={
                    **config,
                    # The UI has the events, the terminal a bar.
                    "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
                },
                instance=self.instance,
                asset_selection=list(assets),
                run_id=run_id,
                tags={**tags, **self.tags, **partition_tags(days)},
                raise_on_error=False,
            )
        )
        tag_interrupted(self.instance, run_id, worker)
        failures = (cause_of(event) for event in result.all_events if event.is_failure)
        return EndedRun(run=result.dagster_run, failure=next(failures, None))

    def _definitions_of(self, worker: Worker) -> Definitions:
        session = worker.session.session_id
        if session not in self._definitions:
            self._definitions[session] = self.build(self.services.settings, worker)
        return self._definitions[session]
