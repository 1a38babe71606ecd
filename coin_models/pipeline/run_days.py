"""Retrains days: closes dead runs, tops up candles, makes the plan, carries it out, notifies."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Protocol

from coin_models.errors import Interrupted
from coin_models.market.asking import CandleProblem
from coin_models.market.store import CandleStore
from coin_models.market.universe import resolve_universe
from coin_models.operations.process import process_age_seconds
from coin_models.operations.signals import SignalRecorder
from coin_models.pipeline.candles import ensure_candles
from coin_models.pipeline.cleanup import clean_up_if_due
from coin_models.pipeline.derived.digests import DerivedKind
from coin_models.pipeline.derived.settle import what_is_stale
from coin_models.pipeline.derived.stale import StaleDay
from coin_models.pipeline.expected_work import expect_work
from coin_models.pipeline.phases import Phase, PhaseProgress, counted
from coin_models.pipeline.plan.action import Action
from coin_models.pipeline.plan.facts import CoinDay
from coin_models.pipeline.plan.gather import plan_now
from coin_models.pipeline.plan.plan import Plan
from coin_models.pipeline.run_summary import RunSummary, later_failures, newest_versions, run_summary
from coin_models.pipeline.services import Services
from coin_models.pipeline.warm_up import TrainerImport, import_trainer
from coin_models.pipeline.work import stretches, with_models, work_of
from coin_models.pipeline.worker import Worker, open_worker
from coin_models.training.interruption.providers import build_preemption_monitor

logger = logging.getLogger(__name__)

_REPORT_LEASE = "report"


@dataclass(frozen=True, slots=True, kw_only=True)
class DaysAsked:
    """Days to retrain, oldest first, and for which coins."""

    days: Sequence[date]
    coins: Sequence[str]
    named_coins: bool = False  # the coins were requested by name; otherwise they are the whole universe
    force: bool = False  # fit also where a matching version exists
    asked_by: str = "coin-models retrain"


class EndedRun(Protocol):
    """A run, over."""

    @property
    def failure(self) -> str | None:
        """The first cause, in a line, where the run failed."""


class RunExecutor(Protocol):
    """Executes runs in this process and records them where people look for runs."""

    def reap(self) -> object:
        """Closes what died without notice; returns what to log of it."""

    def unrecorded(self, coins: Sequence[str], days: Sequence[date]) -> set[CoinDay]:
        """The coin-days whose model has no event."""

    def run_coins(self, worker: Worker, days: Sequence[date], coins: Sequence[str], *, force: bool) -> EndedRun:
        """Candles, models and shadow trades of consecutive days."""

    def run_report(self, worker: Worker, days: Sequence[date]) -> EndedRun:
        """Patterns and report of consecutive days."""


class ProgressLine(Protocol):
    """Where a person reads what is going on."""

    def say(self, text: str) -> None:
        """Names what is going on, until the next one."""

    def note(self, text: str) -> None:
        """Leaves a line."""

    def expect(self, phase: Phase, day: date | None, units: float) -> None:
        """Learns how much there is to do: coins; of models, their epochs."""

    def reach(self, progress: PhaseProgress) -> None:
        """Shows where the work is."""


class NoLine:
    """A `ProgressLine` that shows nothing."""

    def say(self, text: str) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Nothing."""

    def expect(self, phase: Phase, day: date | None, units: float) -> None:
        """Nothing."""

    def reach(self, progress: PhaseProgress) -> None:
        """Nothing."""


def plan_days(services: Services, asked: DaysAsked, line: ProgressLine, *, candles: CandleStore) -> Plan:
    """The plan that `run_days` would carry out now: candles are topped up and stored in `candles`, nothing is fitted."""
    return _plan(services, asked, _top_up(services, asked, line, candles))


def run_days(
    services: Services,
    executor: RunExecutor,
    asked: DaysAsked,
    *,
    candles: CandleStore,
    line: ProgressLine,
    signals: SignalRecorder,
) -> list[RunSummary]:
    """Carries out the plan for these days, after clearing away what died; a summary per day.

    Raises:
        Interrupted: notice came; finished work is kept, the rest is checkpointed.
        TrainerUnavailable: there is something to fit, and this machine cannot.
    """
    logger.info("reaper: %s", executor.reap())
    cleaned = clean_up_if_due(services)
    if cleaned is not None and cleaned.num_removed:
        line.note(str(cleaned))
    coins = asked.coins if asked.named_coins else None
    services.requests.ask(asked.days[0], asked.days[-1], coins, asked.asked_by)
    before = _plan(services, asked, {})
    expect_work(line, before, services.settings.training, asked.days)
    trainer = _import_ahead(services, before)
    problems = _top_up(services, asked, line, candles)
    plan = _plan(services, asked, problems)
    stale = what_is_stale(services, plan.days, plan.coins, wanted=with_models(plan))
    work = work_of(plan, stale, executor.unrecorded(plan.coins, plan.days))
    expect_work(line, plan, services.settings.training, [day for day, coins in work.items() if coins])
    if not any(work.values()) and not stale:
        summaries = [run_summary(plan, day, published=newest_versions(services, day)) for day in asked.days]
    else:
        if plan.to_train():
            line.say("importing torch")
            (trainer or import_trainer(services.settings.training)).result()
        monitor, age = build_preemption_monitor(services.settings.interruption), process_age_seconds()
        with open_worker(services, monitor, signals=signals, age_seconds=age) as worker:
            worker.by_hand, worker.candle_problems = True, dict(problems)
            summaries = _Walk(executor, worker, plan, line).run(work, force=asked.force)
    _notify(services, asked.days[-1], line)
    return summaries


def _import_ahead(services: Services, before: Plan) -> TrainerImport | None:
    """Imports the trainer while candles are fetched, where what is stored says that there will be something to fit."""
    counts = before.counts()
    expected = counts[Action.TRAIN] or counts[Action.UNAVAILABLE]
    return import_trainer(services.settings.training) if expected else None


def _top_up(services: Services, asked: DaysAsked, line: ProgressLine, candles: CandleStore) -> dict[str, CandleProblem]:
    """Asks the source for what is not known well enough; returns the coins whose candles could not be had."""
    problems = {}
    line.expect(Phase.CANDLES, None, len(asked.coins))
    outcomes = ensure_candles(services, asked.days[0], asked.days[-1], asked.coins, candles=candles)
    for item in counted(outcomes, line.reach, Phase.CANDLES, None, len(asked.coins)):
        if isinstance(item, CandleProblem):
            problems[item.coin] = item
    return problems


def _plan(services: Services, asked: DaysAsked, problems: Mapping[str, CandleProblem]) -> Plan:
    return plan_now(services, asked.days, asked.coins, problems=problems, by_hand=True, force=asked.force)


def _notify(services: Services, day: date, line: ProgressLine) -> None:
    """Messages, now that the session is closed and its cost is known; never fails, and costs nothing without a channel."""
    if services.settings.notify.has_channel:
        from coin_models.pipeline.notices import Notices

        line.say("sending notifications")
        logger.info("notices: %s", Notices(services, resolve_universe(services.settings)).tell(also=[day]))


@dataclass(frozen=True, slots=True)
class _Walk:
    """The plan carried out by one worker, stretch by stretch of days."""

    executor: RunExecutor
    worker: Worker
    plan: Plan
    line: ProgressLine

    def run(self, work: Mapping[date, Sequence[str]], *, force: bool) -> list[RunSummary]:
        worker, services = self.worker, self.worker.services
        worker.on_phase = self.line.reach
        failures: dict[date, str] = {}
        for days, coins in stretches(work, services.settings.operations.max_days_per_run):
            if worker.deferred:  # neither budget nor deadline allows more on a later day
                reason = next(iter(worker.deferred.values()))
                worker.deferred |= {(coin, day): reason for day in days for coin in work[day]}
                continue
            failure = self.executor.run_coins(worker, days, coins, force=force).failure
            self._leave_if_interrupted()
            failures |= dict.fromkeys(days, failure) if failure else {}
        self._report()
        return [self._summary(day, failures.get(day)) for day in self.plan.days]

    def _report(self) -> None:
        """Patterns and report of the days where they are not what would be made now, by one process at a time."""
        worker, services = self.worker, self.worker.services
        lease = services.leases.acquire([_REPORT_LEASE], worker.session.session_id)
        if not lease:
            return  # another session is at it, and looks at the same rows
        try:
            stale = {stale_day.day for stale_day in self._stale() if stale_day.kind is not DerivedKind.TRADES}
            named = {day: ["all"] for day in self.plan.days if day in stale}
            for days, _ in stretches(named, services.settings.operations.max_days_per_run):
                self.executor.run_report(worker, days)
                self._leave_if_interrupted()
        finally:
            services.leases.release(lease.values())

    def _stale(self) -> list[StaleDay]:
        plan = self.plan
        return what_is_stale(self.worker.services, plan.days, plan.coins, wanted=with_models(plan))

    def _leave_if_interrupted(self) -> None:
        source = self.worker.interrupted_by()
        if source is not None:
            raise Interrupted(f"{source}: finished work is kept; the same command continues from here")

    def _summary(self, day: date, failure: str | None) -> RunSummary:
        worker = self.worker
        summary = run_summary(
            self.plan,
            day,
            outcomes=worker.outcomes,
            published=newest_versions(worker.services, day),
            wall_seconds=worker.day_seconds.get(day, 0.0),
            deferred={coin: reason for (coin, left), reason in worker.deferred.items() if left == day},
            failure=failure,
        )
        return replace(summary, step_failures=later_failures(worker.failures, day, self.plan.days))
