"""Walks days in this process: retrains and trades them, and makes the backtest of them.

The command line, the Python API and the UI's job `backtest` call these functions; options and printing are theirs.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from coin_models.defs.executor import DagsterRunExecutor
from coin_models.defs.io_managers import CandlesIOManager, candles_through
from coin_models.operations.signals import SignalRecorder
from coin_models.pipeline.backtest import make_backtest
from coin_models.pipeline.forecast_records import days_to_record, record_forecasts
from coin_models.pipeline.run_days import DaysAsked, ProgressLine, run_days
from coin_models.pipeline.run_summary import RunSummary
from coin_models.reporting.backtest.result import Backtest


@dataclass(frozen=True, slots=True, kw_only=True)
class WalkedBacktest:
    """A backtest, and how its days went."""

    backtest: Backtest
    summaries: Sequence[RunSummary]
    failures: Sequence[str]  # a sentence for each coin-day whose forecasts could not be recorded


def walk_days(
    executor: DagsterRunExecutor, work: DaysAsked, *, line: ProgressLine, signals: SignalRecorder
) -> list[RunSummary]:
    """Carries out the plan for these days; a summary per day.

    Raises:
        Interrupted: notice came; finished work is kept, the rest is checkpointed.
        TrainerUnavailable: there is something to fit, and this machine cannot.
    """
    services = executor.services
    candles = candles_through(CandlesIOManager(services=services), services, work.days[-1])
    return run_days(services, executor, work, candles=candles, line=line, signals=signals)


def walk_backtest(
    executor: DagsterRunExecutor,
    work: DaysAsked,
    *,
    line: ProgressLine,
    signals: SignalRecorder,
    num_trials: int | None = None,
) -> WalkedBacktest:
    """As `walk_days`, then the backtest of these days; forecasts of days that were traded before they were recorded are recorded.

    Raises:
        Interrupted, TrainerUnavailable: as `walk_days`.
        RegistryError: nothing forecast these coins on these days.
    """
    services, coins = executor.services, list(work.coins)
    first, last = work.days[0], work.days[-1]
    summaries = walk_days(executor, work, line=line, signals=signals)
    failures = []
    for traded in record_forecasts(services, days_to_record(services, coins, first, last)):
        line.say(f"forecasts of {traded.day}")
        if traded.failure:
            failures.append(f"{traded.coin} of {traded.day}: {traded.failure}")
    line.say("scores")
    backtest = make_backtest(services, coins, first, last, num_trials)
    return WalkedBacktest(backtest=backtest, summaries=summaries, failures=failures)
