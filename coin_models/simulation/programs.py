"""The programs of the simulated processes: a machine that retrains, and the daemon that reaps and notifies."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from coin_models.errors import CoinModelsError, Deferred
from coin_models.market.asking import CandleProblem
from coin_models.operations.interruptions import first_cause
from coin_models.operations.leases import run_lease
from coin_models.operations.reaper import reap_sessions
from coin_models.operations.signals import SignalRecorder
from coin_models.pipeline.candles import fetch_candles
from coin_models.pipeline.daily_report import write_report
from coin_models.pipeline.derived.settle import settle_patterns, settle_reports, settle_trades
from coin_models.pipeline.notices import Notices
from coin_models.pipeline.patterns import update_patterns
from coin_models.pipeline.plan.facts import CoinDay
from coin_models.pipeline.run_days import DaysAsked, NoLine, run_days
from coin_models.pipeline.run_summary import RunSummary
from coin_models.pipeline.shadow_trades import trade_day
from coin_models.pipeline.train.run import retrain
from coin_models.pipeline.worker import Worker
from coin_models.simulation.world import SimulatedServices

KEEPER_SECONDS = 60.0
_WAITING_MESSAGES = "SELECT id FROM outbox WHERE delivered_at IS NULL AND given_up_at IS NULL LIMIT 1"
TICKS_PER_LOOK = 10
"""The daemon looks for news at each such tick."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A run, over."""

    failure: str | None = None


@dataclass(slots=True)
class AssetsInOrder:
    """Executes runs as the assets of `defs/assets` do, without Dagster."""

    services: SimulatedServices
    num_runs: int = 0

    def reap(self) -> object:
        """Closes what died without notice."""
        return reap(self.services)

    def unrecorded(self, coins: Sequence[str], days: Sequence[date]) -> set[CoinDay]:
        """There are no events."""
        return set()

    def run_coins(self, worker: Worker, days: Sequence[date], coins: Sequence[str], *, force: bool) -> Ended:
        """Candles, models and shadow trades."""
        return self._run(worker, lambda: self._coins(worker, days, coins, force=force))

    def run_report(self, worker: Worker, days: Sequence[date]) -> Ended:
        """Patterns and report."""
        return self._run(worker, lambda: self._report(days))

    def _run(self, worker: Worker, work: Callable[[], None]) -> Ended:
        self.num_runs += 1
        run_id = f"{worker.session.session_id[:8]}-{self.num_runs}"
        worker.services.leases.acquire([run_lease(run_id)], worker.session.session_id, run_id=run_id)
        worker.run_id = run_id
        try:
            work()
        except (CoinModelsError, ValueError, ArithmeticError, OSError) as error:
            return Ended(failure=first_cause(error))
        return Ended()

    def _coins(self, worker: Worker, days: Sequence[date], coins: Sequence[str], *, force: bool) -> None:
        services = worker.services
        for day in days:
            for outcome in fetch_candles(services, day, coins):
                worker.candle_problems.pop(outcome.coin, None)
                if isinstance(outcome, CandleProblem):
                    worker.candle_problems[outcome.coin] = outcome
            try:
                for _ in retrain(worker, day, coins, force=force):
                    pass
            except Deferred:
                return
            for traded in trade_day(services, day, coins):
                if traded.failure is not None:
                    worker.failures[traded.coin, day] = traded.failure
        for _ in settle_trades(services, dict.fromkeys(coins, days)):
            pass

    def _report(self, days: Sequence[date]) -> None:
        for day in days:
            update_patterns(self.services, day, self.services.settings.universe)
            write_report(self.services, day, self.services.settings.universe)
        for _ in settle_patterns(self.services, days):
            pass
        for _ in settle_reports(self.services, days):
            pass


def reap(services: SimulatedServices) -> object:
    """As the reaper's sensor, as far as it is not Dagster's."""
    return reap_sessions(
        services.sessions,
        services.attempts,
        services.leases,
        operations=services.settings.operations,
        is_gone=lambda process: services.world.is_gone(process, services.process.machine),
        here=services.process.machine,
    )


def retrain_days(services: SimulatedServices, days: Sequence[date]) -> list[RunSummary]:
    """As `coin-models retrain`."""
    asked = DaysAsked(days=days, coins=services.settings.universe, asked_by="simulation")
    executor = AssetsInOrder(services)
    return run_days(services, executor, asked, candles=services.candles, line=NoLine(), signals=SignalRecorder())


def keep(services: SimulatedServices, is_over: Callable[[], bool]) -> None:
    """As the daemon: reaps at each tick, looks for news and delivers messages at some."""
    notices = Notices(services, services.settings.universe)
    scheduler = services.world.scheduler
    tick = 0
    while not is_over():
        scheduler.sleep(KEEPER_SECONDS)
        tick += 1
        try:
            reap(services)
        except CoinModelsError:
            continue
        if tick % TICKS_PER_LOOK == 0:
            notices.tell()


def keep_for_two_hours(services: SimulatedServices) -> None:
    """As the daemon when nothing happens any more: enough looks for every message that waits for its next try."""
    notices = Notices(services, services.settings.universe)
    for _ in range(3):
        reap(services)
        notices.tell()
        services.world.scheduler.sleep(3700.0)
        if not services.world.sqlite.query(_WAITING_MESSAGES):
            return
