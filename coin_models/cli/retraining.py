"""One call of `coin-models retrain`: tops up candles, makes the plan and carries it out day by day in this process."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from dagster import DagsterInstance, Definitions

from coin_models.cli.console import DayBar
from coin_models.cli.options import parse_coins
from coin_models.defs.build import build_definitions
from coin_models.defs.instance.home import open_instance
from coin_models.defs.instance.storage_errors import storage_explained
from coin_models.defs.launch import run_coins, run_report
from coin_models.defs.sensors.missing import unmaterialized
from coin_models.defs.sensors.reaping import reap
from coin_models.errors import EX_UNAVAILABLE, Deferred, Interrupted
from coin_models.market.asking import CandleProblem
from coin_models.market.universe import resolve_universe
from coin_models.operations.attempts import AttemptAction
from coin_models.operations.process import process_age_seconds
from coin_models.operations.signals import SignalRecorder
from coin_models.pipeline.candles import ensure_candles
from coin_models.pipeline.cleanup import clean_up_if_due
from coin_models.pipeline.derived.digests import DerivedKind
from coin_models.pipeline.derived.settle import what_is_stale
from coin_models.pipeline.derived.stale import StaleDay
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
_REPORT_LEASE = "report"


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
            stale = self._stale(plan)
            work = self._work(instance, plan, stale)
            if any(work.values()) or stale:
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

    def _work(self, instance: DagsterInstance, plan: Plan, stale: Sequence[StaleDay]) -> dict[date, list[str]]:
        """The coins of each day that need a run: to fit, to fetch, to record, or to trade again."""
        unrecorded = unmaterialized(instance, plan.coins, plan.days)
        # What is unavailable is looked at once more in the run, which writes down why it failed, by coin or by place.
        named = {
            item.key
            for item in plan
            if item.action is Action.TRAIN
            or item.is_running
            or item.is_due_now
            or (item.action in _THERE and item.key in unrecorded)
        }
        named |= {(found.coin, found.day) for found in stale if found.kind is DerivedKind.TRADES}
        return {day: [coin for coin in plan.coins if (coin, day) in named] for day in plan.days}

    def _stale(self, plan: Plan) -> list[StaleDay]:
        """What follows from the models that are there, or will be after this run, and is not what would be made now."""
        wanted = {
            item.key
            for item in plan
            if item.action in (*_THERE, Action.SKIP, Action.TRAIN) or item.is_running
        }  # fmt: skip
        return what_is_stale(self._services, plan.days, plan.coins, wanted=wanted)

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
        definitions = build_definitions(self._settings, worker=worker)
        worker.on_day = self._bar_of(plan.days)
        tags = {"asked_by": _ASKED_BY}
        failures: dict[date, str] = {}
        for days, coins in _stretches(work, self._settings.operations.max_days_per_run):
            if worker.deferred:  # neither budget nor deadline allows more on a later day
                reason = next(iter(worker.deferred.values()))
                worker.deferred |= {(coin, day): reason for day in days for coin in work[day]}
                continue
            ended = run_coins(instance, definitions, worker, days, coins, force=force, tags=tags)
            self._leave_if_interrupted(worker)
            failures |= dict.fromkeys(days, ended.failure) if ended.failure else {}
        self._report(instance, definitions, worker, plan, tags)
        return [self._summary(worker, plan, day, failures.get(day)) for day in plan.days]

    def _bar_of(self, days: Sequence[date]) -> Callable[[date], None]:
        numbers = {day: number for number, day in enumerate(days, start=1)}

        def say(day: date) -> None:
            self._bar.say(f"{day} ({numbers[day]} of {len(days)})" if len(days) > 1 and day in numbers else f"{day}")

        return say

    def _report(
        self,
        instance: DagsterInstance,
        definitions: Definitions,
        worker: Worker,
        plan: Plan,
        tags: Mapping[str, str],
    ) -> None:
        """Patterns and report of the days where they are not what would be made now, by one process at a time."""
        lease = self._services.leases.acquire([_REPORT_LEASE], worker.session.session_id)
        if not lease:
            return  # another session is at it, and looks at the same rows
        try:
            stale = {found.day for found in self._stale(plan) if found.kind is not DerivedKind.TRADES}
            named = {day: ["all"] for day in plan.days if day in stale}
            for days, _ in _stretches(named, self._settings.operations.max_days_per_run):
                self._bar.say("patterns and report")
                run_report(instance, definitions, worker, days, tags=tags)
                self._leave_if_interrupted(worker)
        finally:
            self._services.leases.release(lease.values())

    def _leave_if_interrupted(self, worker: Worker) -> None:
        source = worker.interrupted_by()
        if source is not None:
            raise Interrupted(f"{source}: what was finished is kept; the same command goes on from here")

    def _summary(self, worker: Worker, plan: Plan, day: date, failure: str | None) -> RunSummary:
        found = run_summary(
            plan,
            day,
            outcomes=worker.outcomes,
            published=newest_versions(self._services, day),
            wall_seconds=worker.day_seconds.get(day, 0.0),
            deferred={coin: reason for (coin, left), reason in worker.deferred.items() if left == day},
            failure=failure,
        )
        return replace(found, step_failures=later_failures(worker.failures, day, plan.days))

    def exit_code(self, reports: Sequence[RunSummary]) -> int:
        """0 when all that was asked is there: a coin that a rule rules out counts only when it was asked for by name.

        75 when the policy left coins for later or for another machine; 1 when a coin failed, also on a file of its own that
        cannot be read; 69 when all that failed is a place.
        """
        if any(report.deferred for report in reports):
            return Deferred.exit_code
        missing = any(
            report.count(AttemptAction.FAILED)  # waiting and quarantined coins too
            or report.step_failures
            or (self._named_coins and report.skipped)
            for report in reports
        )
        if missing:
            return 1
        return EX_UNAVAILABLE if any(report.in_state("unavailable") for report in reports) else 0


def later_failures(failures: Mapping[CoinDay, str], day: date, days: Sequence[date]) -> dict[str, str]:
    """What failed of a day after its models, by name; a day that was not walked is told with the walk's last day."""
    found = {name: reason for (name, failed), reason in failures.items() if failed == day}
    if day == days[-1]:
        found |= {f"{name} on {failed}": reason for (name, failed), reason in failures.items() if failed not in days}
    return found


def _stretches(work: Mapping[date, Sequence[str]], most_days: int) -> Iterator[tuple[list[date], list[str]]]:
    """Consecutive days that need a run, at most `most_days` together, with the coins of any of them."""
    stretch: list[date] = []
    coins: dict[str, None] = {}
    for day, of_day in work.items():
        if stretch and (not of_day or len(stretch) == most_days):
            yield stretch, list(coins)
            stretch, coins = [], {}
        if of_day:
            stretch.append(day)
            coins |= dict.fromkeys(of_day)
    if stretch:
        yield stretch, list(coins)
