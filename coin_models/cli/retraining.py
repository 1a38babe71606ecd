"""One call of `coin-models retrain`: days in order, one Dagster run each, in this process.

Belongs here: which coins of which days are asked for, and what the exit code says. Not here: options, printing.
"""

import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from dagster import DagsterInstance

from coin_models.cli.console import DayBar
from coin_models.cli.options import parse_coins
from coin_models.defs.build import build_definitions
from coin_models.defs.home import open_instance
from coin_models.defs.launch import failed_steps, run_day
from coin_models.defs.missing import missing_models, unreported_days
from coin_models.defs.reaping import reap
from coin_models.defs.resources import worker_of
from coin_models.defs.storage_errors import storage_explained
from coin_models.errors import Deferred, Interrupted
from coin_models.market.universe import resolve_universe
from coin_models.operations.attempts import Outcome
from coin_models.operations.process import process_age_seconds
from coin_models.operations.published import CoinDay
from coin_models.operations.signals import SignalRecorder
from coin_models.pipeline.cleanup import clean_up_if_due
from coin_models.pipeline.run_summary import RunSummary, run_summary
from coin_models.pipeline.services import Services
from coin_models.pipeline.warm_up import import_trainer
from coin_models.pipeline.worker import Worker, open_worker
from coin_models.training.interruption.providers import build_preemption_monitor

logger = logging.getLogger(__name__)


class RetrainingSession:
    """Retrains days, oldest first, showing progress on a bar."""

    def __init__(self, services: Services, bar: DayBar, signals: SignalRecorder) -> None:
        self._services = services
        self._settings = services.settings
        self._bar = bar
        self._ear = signals
        self._named_coins = False

    def run(self, days: Sequence[date], coins: str | None, *, force: bool) -> list[RunSummary]:
        """Trains what is missing of these days, after clearing away what died.

        Raises:
            Interrupted: notice came; what was finished is kept, the rest is checkpointed.
        """
        wanted = parse_coins(coins, resolve_universe(self._settings))
        self._named_coins = coins is not None
        with storage_explained(self._settings), open_instance(self._settings) as instance:
            reaped = reap(self._services, instance)
            logger.info("reaper: %s", reaped)
            swept = clean_up_if_due(self._services)
            if swept is not None and swept.num_removed:
                self._bar.note(str(swept))
            left = None if force else missing_models(self._services, instance, wanted, days) - self._ruled_out(days)
            missing = {day: [coin for coin in wanted if left is None or (coin, day) in left] for day in days}
            for day in unreported_days(instance, days) if coins is None else ():
                missing[day] = missing[day] or wanted  # killed after the last model: they are reused, the rest is made
            if any(missing.values()):
                import_trainer()
                notice = build_preemption_monitor(self._settings.interruption)
                age = process_age_seconds()
                with open_worker(self._services, notice, signals=self._ear, age_seconds=age) as worker:
                    reports = self._run_days(instance, worker, missing, wanted, force=force)
            else:
                reports = [run_summary(self._services, day, wanted, session_id=None, wall_seconds=0.0) for day in days]
        self._tell(days[-1])
        return reports

    def _ruled_out(self, days: Sequence[date]) -> set[CoinDay]:
        """Coin-days that a stated rule settled; asking for a coin by name, or `--force`, looks at them again."""
        if self._named_coins:
            return set()
        newest = self._services.attempts.latest(days[0], days[-1])
        return {key for key, attempt in newest.items() if attempt.outcome is Outcome.SKIPPED}

    def _tell(self, day: date) -> None:
        """Messages, now that the session is closed and its cost is known; never fails, and costs nothing without a channel."""
        if self._settings.notify.urls:
            from coin_models.pipeline.notices import Notices

            self._bar.say("telling")
            logger.info("notices: %s", Notices(self._services, resolve_universe(self._settings)).tell(also=[day]))

    def _run_days(
        self,
        instance: DagsterInstance,
        worker: Worker,
        missing: dict[date, list[str]],
        wanted: Sequence[str],
        *,
        force: bool,
    ) -> list[RunSummary]:
        definitions = build_definitions(self._settings, worker=worker_of(worker))
        session_id = worker.session.session_id
        reports = []
        for number, (day, coins) in enumerate(missing.items(), start=1):
            self._bar.say(f"{day}" if len(missing) == 1 else f"{day} ({number} of {len(missing)})")
            began = time.monotonic()
            step_failures: dict[str, str] = {}
            if worker.deferred:  # neither budget nor deadline allows more on a later day
                worker.deferred |= {(coin, day): next(iter(worker.deferred.values())) for coin in coins}
            elif coins:
                tags = {"day": day.isoformat(), "asked_by": "coin-models retrain", "session": session_id}
                run = run_day(instance, definitions, worker, day, coins, force=force, tags=tags)
                step_failures = failed_steps(instance, run)
            source = worker.interrupted_by()
            if source is not None:
                raise Interrupted(f"{source}: what was finished is kept; the same command goes on from here")
            wall_seconds = time.monotonic() - began
            found = run_summary(
                worker.services,
                day,
                wanted,
                session_id=session_id,
                wall_seconds=wall_seconds,
                deferred={coin: reason for (coin, left), reason in worker.deferred.items() if left == day},
            )
            reports.append(replace(found, step_failures=_beyond_coins(step_failures)))
        return reports

    def exit_code(self, reports: Sequence[RunSummary]) -> int:
        """0 when all that was asked is there: a coin that a rule rules out counts only when it was asked for by name.

        75 when the policy left coins for later or for another machine, whatever else there is to tell.
        """
        if any(report.deferred for report in reports):
            return Deferred.exit_code
        missing = any(
            report.failed or report.step_failures or (self._named_coins and report.skipped) for report in reports
        )
        return 1 if missing else 0


def _beyond_coins(step_failures: dict[str, str]) -> dict[str, str]:
    """Failures of steps that no coin's own line tells of: what follows from the models."""
    return {step: message for step, message in step_failures.items() if step not in ("candles", "model")}
