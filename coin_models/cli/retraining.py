"""One call of `coin-models retrain`: tops up candles, makes the plan, carries it out day by day in this process.

Belongs here: the order of these, and what the exit code says. Not here: what is to be done (pipeline/plan/), options, printing.
"""

import logging
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date

from dagster import DagsterInstance

from coin_models.cli.console import DayBar
from coin_models.cli.options import parse_coins
from coin_models.defs.build import build_definitions
from coin_models.defs.home import open_instance
from coin_models.defs.launch import StepFailure, failed_steps, run_day
from coin_models.defs.missing import unmaterialized
from coin_models.defs.partition_recorder import PUT_OFF
from coin_models.defs.reaping import reap
from coin_models.defs.resources import worker_of
from coin_models.defs.storage_errors import storage_explained
from coin_models.errors import EX_UNAVAILABLE, Deferred, Interrupted
from coin_models.market.asking import CandleProblem
from coin_models.market.universe import resolve_universe
from coin_models.operations.attempts import Action as Did
from coin_models.operations.process import process_age_seconds
from coin_models.operations.signals import SignalRecorder
from coin_models.pipeline.candles import ensure_candles
from coin_models.pipeline.cleanup import clean_up_if_due
from coin_models.pipeline.derived.settle import Settled, settle, what_is_stale
from coin_models.pipeline.plan.action import Action
from coin_models.pipeline.plan.facts import CoinDay
from coin_models.pipeline.plan.gather import plan_now
from coin_models.pipeline.plan.plan import Plan
from coin_models.pipeline.run_summary import RunSummary, newest_versions, run_summary
from coin_models.pipeline.services import Services
from coin_models.pipeline.warm_up import TrainerImport, import_trainer
from coin_models.pipeline.worker import Worker, open_worker
from coin_models.training.interruption.providers import build_preemption_monitor

logger = logging.getLogger(__name__)

_ASKED_BY = "coin-models retrain"
_THERE = (Action.REUSE, Action.STALE)


class RetrainingSession:
    """Retrains days, oldest first, showing progress on a bar."""

    def __init__(self, services: Services, bar: DayBar, signals: SignalRecorder) -> None:
        self._services = services
        self._settings = services.settings
        self._bar = bar
        self._signals = signals
        self._named_coins = False

    def plan(self, days: Sequence[date], coins: str | None, *, force: bool) -> Plan:
        """The plan that `run` would carry out now: candles are topped up and stored, nothing is fitted."""
        wanted = parse_coins(coins, resolve_universe(self._settings))
        return self._plan(days, wanted, self._top_up(days, wanted), force=force)

    def run(self, days: Sequence[date], coins: str | None, *, force: bool) -> list[RunSummary]:
        """Carries out the plan for these days, after clearing away what died.

        Raises:
            Interrupted: notice came; what was finished is kept, the rest is checkpointed.
            TrainerUnavailable: there is something to fit, and this machine cannot.
        """
        wanted = parse_coins(coins, resolve_universe(self._settings))
        self._named_coins = coins is not None
        with storage_explained(self._settings), open_instance(self._settings) as instance:
            logger.info("reaper: %s", reap(self._services, instance))
            swept = clean_up_if_due(self._services)
            if swept is not None and swept.num_removed:
                self._bar.note(str(swept))
            self._services.requests.ask(days[0], days[-1], wanted if self._named_coins else None, _ASKED_BY)
            trainer = self._import_ahead(days, wanted, force=force)
            problems = self._top_up(days, wanted)
            plan = self._plan(days, wanted, problems, force=force)
            work = self._work(instance, plan, force=force)
            if any(work.values()):
                if plan.to_train():
                    (trainer or import_trainer(self._settings.training)).result()
                notice = build_preemption_monitor(self._settings.interruption)
                age = process_age_seconds()
                with open_worker(self._services, notice, signals=self._signals, age_seconds=age) as worker:
                    worker.by_hand, worker.candle_problems = True, dict(problems)
                    reports = self._run_days(instance, worker, plan, work, force=force)
            else:
                reports = [run_summary(plan, day, published=newest_versions(self._services, day)) for day in days]
        self._tell(days[-1])
        return reports

    def _import_ahead(self, days: Sequence[date], wanted: Sequence[str], *, force: bool) -> TrainerImport | None:
        """Imports the trainer while candles are fetched, where what is stored says that there will be something to fit."""
        before = plan_now(self._services, days, wanted, by_hand=True, force=force).counts()
        return import_trainer(self._settings.training) if before[Action.TRAIN] or before[Action.UNAVAILABLE] else None

    def _top_up(self, days: Sequence[date], wanted: Sequence[str]) -> dict[str, CandleProblem]:
        """Asks the source for what is not known well enough; returns the coins whose candles could not be had."""
        self._bar.say("candles")
        found = ensure_candles(self._services, days[0], days[-1], wanted)
        return {item.coin: item for item in found if isinstance(item, CandleProblem)}

    def _plan(
        self, days: Sequence[date], wanted: Sequence[str], problems: Mapping[str, CandleProblem], *, force: bool
    ) -> Plan:
        return plan_now(self._services, days, wanted, problems=problems, by_hand=True, force=force)

    def _work(self, instance: DagsterInstance, plan: Plan, *, force: bool) -> dict[date, list[str]]:
        """The coins of each day that need a run: to fit, to fetch, to record, or to make what follows from the models."""
        unrecorded = unmaterialized(instance, plan.coins, plan.days)
        waiting_for = {item.key for item in plan if item.action is Action.TRAIN or item.is_running}
        there = {item.key for item in plan if item.action in _THERE or item.action is Action.SKIP}
        # What is unavailable is looked at once more in the run, which writes down why it failed, by coin or by place.
        named = waiting_for | {
            item.key for item in plan if item.is_due_now or (item.action in _THERE and item.key in unrecorded)
        }
        stale = {
            found.day for found in what_is_stale(self._services, plan.days, plan.coins, wanted=there | waiting_for)
        }
        work: dict[date, list[str]] = {}
        for day in plan.days:
            coins = [coin for coin in plan.coins if (coin, day) in named]
            if day in stale:
                coins = [coin for coin in plan.coins if (coin, day) in there or (coin, day) in named]
            work[day] = coins
        return work

    def _tell(self, day: date) -> None:
        """Messages, now that the session is closed and its cost is known; never fails, and costs nothing without a channel."""
        if self._settings.notify.urls:
            from coin_models.pipeline.notices import Notices

            self._bar.say("sending notifications")
            logger.info("notices: %s", Notices(self._services, resolve_universe(self._settings)).tell(also=[day]))

    def _run_days(
        self,
        instance: DagsterInstance,
        worker: Worker,
        plan: Plan,
        work: Mapping[date, Sequence[str]],
        *,
        force: bool,
    ) -> list[RunSummary]:
        definitions = build_definitions(self._settings, worker=worker_of(worker))
        last = max(day for day, coins in work.items() if coins)
        walked: list[tuple[date, list[StepFailure], float]] = []
        for number, (day, coins) in enumerate(work.items(), start=1):
            self._bar.say(f"{day}" if len(work) == 1 else f"{day} ({number} of {len(work)})")
            began = time.monotonic()
            worker.settles_later_days = day == last  # once for the whole walk
            failures = self._run_day(instance, definitions, worker, day, coins, force=force)
            walked.append((day, failures, time.monotonic() - began))
        unsettled = self._settle(plan) if len(work) > 1 else {}
        # Last: a later day may have made an earlier one again, to start from it.
        return [self._summary(worker, plan, *of_day, unsettled.get(of_day[0], {})) for of_day in walked]

    def _run_day(
        self,
        instance: DagsterInstance,
        definitions: object,
        worker: Worker,
        day: date,
        coins: Sequence[str],
        *,
        force: bool,
    ) -> list[StepFailure]:
        if worker.deferred:  # neither budget nor deadline allows more on a later day
            worker.deferred |= {(coin, day): next(iter(worker.deferred.values())) for coin in coins}
            return []
        if not coins:
            return []
        tags = {"day": day.isoformat(), "asked_by": _ASKED_BY, "session": worker.session.session_id}
        run = run_day(instance, definitions, worker, day, coins, force=force, tags=tags)  # type: ignore[arg-type]
        failures = failed_steps(instance, run)
        source = worker.interrupted_by()
        if source is not None:
            raise Interrupted(f"{source}: what was finished is kept; the same command goes on from here")
        return failures

    def _summary(
        self,
        worker: Worker,
        plan: Plan,
        day: date,
        failures: Sequence[StepFailure],
        wall_seconds: float,
        unsettled: Mapping[str, str],
    ) -> RunSummary:
        found = run_summary(
            plan,
            day,
            outcomes=worker.outcomes,
            published=newest_versions(self._services, day),
            wall_seconds=wall_seconds,
            deferred={coin: reason for (coin, left), reason in worker.deferred.items() if left == day},
            failure=next((failure.reason for failure in failures), None),
        )
        return replace(found, step_failures={**_beyond_coins(failures, plan.coins), **unsettled})

    def _settle(self, plan: Plan) -> dict[date, dict[str, str]]:
        """Brings up to date once, after the walk, what later days were made from; returns what failed, by day of the walk."""
        there: Collection[CoinDay] = {item.key for item in plan if item.action in (*_THERE, Action.SKIP, Action.TRAIN)}
        found = settle(self._services, plan.days, plan.coins, wanted=there)
        logger.info("settled: %s day(s) made again, %s failure(s)", found.num_made, len(found.failures))
        return unsettled_of(found, plan.days)

    def exit_code(self, reports: Sequence[RunSummary]) -> int:
        """0 when all that was asked is there: a coin that a rule rules out counts only when it was asked for by name.

        75 when the policy left coins for later or for another machine; 1 when a coin failed, also on a file of its own that
        cannot be read; 69 when all that failed is a place.
        """
        if any(report.deferred for report in reports):
            return Deferred.exit_code
        missing = any(
            report.count(Did.FAILED)  # waiting and quarantined coins too
            or report.step_failures
            or (self._named_coins and report.skipped)
            for report in reports
        )
        if missing:
            return 1
        return EX_UNAVAILABLE if any(report.in_state("unavailable") for report in reports) else 0


def unsettled_of(settled: Settled, days: Sequence[date]) -> dict[date, dict[str, str]]:
    """What could not be brought up to date, by day of the walk; a later day's is told with the walk's last day.

    A failure's name is its kind and coin, such as `trades of ETH`, and its day where that was not walked.
    """
    found: dict[date, dict[str, str]] = {}
    for (kind, coin, day), reason in settled.failures.items():
        name = f"{kind.value} of {coin}" if coin else kind.value
        is_walked = day in days
        found.setdefault(day if is_walked else days[-1], {})[name if is_walked else f"{name} on {day}"] = reason
    return found


def _beyond_coins(failures: Sequence[StepFailure], coins: Collection[str]) -> dict[str, str]:
    """Failures that no coin's own line tells of: of what follows from the models, and of a whole step or run."""
    told = {*coins, PUT_OFF}
    return {
        failure.step: failure.reason
        for failure in failures
        if failure.step not in ("candles", "model") or not failure.who or not failure.who <= told
    }
