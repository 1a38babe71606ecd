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
from coin_models.daily.leftovers import sweep_if_due
from coin_models.daily.report import DayReport, day_report
from coin_models.daily.shift import Shift, open_shift
from coin_models.daily.warm_up import import_trainer
from coin_models.daily.workshop import Workshop
from coin_models.defs.build import build_definitions
from coin_models.defs.home import open_instance
from coin_models.defs.launch import failed_steps, run_day
from coin_models.defs.missing import missing_models, unreported_days
from coin_models.defs.reaping import reap
from coin_models.defs.resources import shift_of
from coin_models.defs.storage_errors import storage_explained
from coin_models.errors import Deferred, Interrupted
from coin_models.market.universe import resolve_universe
from coin_models.operations.attempts import Outcome
from coin_models.operations.preflight import check_disk
from coin_models.operations.process import process_age_seconds
from coin_models.operations.published import CoinDay
from coin_models.operations.signals import SignalEar
from coin_models.training.notice_sources import build_notice_board

logger = logging.getLogger(__name__)


class RetrainingSession:
    """Retrains days, oldest first, showing progress on a bar."""

    def __init__(self, workshop: Workshop, bar: DayBar, ear: SignalEar) -> None:
        self._workshop = workshop
        self._settings = workshop.settings
        self._bar = bar
        self._ear = ear
        self._named_coins = False

    def run(self, days: Sequence[date], coins: str | None, *, force: bool) -> list[DayReport]:
        """Trains what is missing of these days, after clearing away what died.

        Raises:
            Interrupted: notice came; what was finished is kept, the rest is checkpointed.
        """
        check_disk(self._settings)
        wanted = parse_coins(coins, resolve_universe(self._settings))
        self._named_coins = coins is not None
        with storage_explained(self._settings), open_instance(self._settings) as instance:
            reaped = reap(self._workshop, instance)
            logger.info("reaper: %s", reaped)
            swept = sweep_if_due(self._workshop)
            if swept is not None and swept.num_removed:
                self._bar.note(str(swept))
            left = None if force else missing_models(self._workshop, instance, wanted, days) - self._ruled_out(days)
            missing = {day: [coin for coin in wanted if left is None or (coin, day) in left] for day in days}
            for day in unreported_days(instance, days) if coins is None else ():
                missing[day] = missing[day] or wanted  # killed after the last model: they are reused, the rest is made
            if any(missing.values()):
                import_trainer()
                notice = build_notice_board(self._settings.interruption)
                age = process_age_seconds()
                with open_shift(self._workshop, notice, ear=self._ear, age_seconds=age) as shift:
                    reports = self._run_days(instance, shift, missing, wanted, force=force)
            else:
                reports = [day_report(self._workshop, day, wanted, session_id=None, wall_seconds=0.0) for day in days]
        self._tell(days[-1])
        return reports

    def _ruled_out(self, days: Sequence[date]) -> set[CoinDay]:
        """Coin-days that a stated rule settled; asking for a coin by name, or `--force`, looks at them again."""
        if self._named_coins:
            return set()
        newest = self._workshop.attempts.latest(days[0], days[-1])
        return {key for key, attempt in newest.items() if attempt.outcome is Outcome.SKIPPED}

    def _tell(self, day: date) -> None:
        """Messages, now that the session is closed and its cost is known; never fails, and costs nothing without a channel."""
        if self._settings.notify.urls:
            from coin_models.daily.notices import Notices

            self._bar.say("telling")
            logger.info("notices: %s", Notices(self._workshop, resolve_universe(self._settings)).tell(also=[day]))

    def _run_days(
        self,
        instance: DagsterInstance,
        shift: Shift,
        missing: dict[date, list[str]],
        wanted: Sequence[str],
        *,
        force: bool,
    ) -> list[DayReport]:
        definitions = build_definitions(self._settings, shift=shift_of(shift))
        session_id = shift.session.session_id
        reports = []
        for number, (day, coins) in enumerate(missing.items(), start=1):
            self._bar.say(f"{day}" if len(missing) == 1 else f"{day} ({number} of {len(missing)})")
            began = time.monotonic()
            step_failures: dict[str, str] = {}
            if shift.deferred:  # neither budget nor deadline allows more on a later day
                shift.deferred |= {(coin, day): next(iter(shift.deferred.values())) for coin in coins}
            elif coins:
                tags = {"day": day.isoformat(), "asked_by": "coin-models retrain", "session": session_id}
                run = run_day(instance, definitions, shift, day, coins, force=force, tags=tags)
                step_failures = failed_steps(instance, run)
            source = shift.interrupted_by()
            if source is not None:
                raise Interrupted(f"{source}: what was finished is kept; the same command goes on from here")
            wall_seconds = time.monotonic() - began
            found = day_report(
                shift.workshop,
                day,
                wanted,
                session_id=session_id,
                wall_seconds=wall_seconds,
                deferred={coin: reason for (coin, left), reason in shift.deferred.items() if left == day},
            )
            reports.append(replace(found, step_failures=_beyond_coins(step_failures)))
        return reports

    def exit_code(self, reports: Sequence[DayReport]) -> int:
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
