"""The job `backtest`: walks a range of days forward from the launchpad, like `coin-models backtest`, and links to the page."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Final

from dagster import (
    Config,
    DagsterExecutionInterruptedError,
    DagsterLogManager,
    Definitions,
    Failure,
    JobDefinition,
    MetadataValue,
    OpExecutionContext,
    job,
    op,
)
from pydantic import Field

from coin_models.clock import SystemClock
from coin_models.defs.executor import DagsterRunExecutor
from coin_models.defs.links import backtest_link
from coin_models.errors import Interrupted, UsageError
from coin_models.market.trading_day import complete_days
from coin_models.market.universe import chosen_coins
from coin_models.operations.preflight import require_disk_space
from coin_models.operations.signals import SignalRecorder
from coin_models.pipeline.run_days import DaysAsked, NoLine
from coin_models.pipeline.services import open_services
from coin_models.pipeline.worker import Worker
from coin_models.settings.root import Settings

BACKTEST: Final = "backtest"
ASKED_BY: Final = "the UI's backtest"


class BacktestConfig(Config):
    """What the launchpad offers: the options of the command."""

    first_day: str = Field(description="First trading day, YYYY-MM-DD (--from).")
    last_day: str = Field(description="Last trading day (--to).")
    coins: list[str] = Field(default=[], description="Coins, such as [BTC, ETH]; empty: every coin.")
    trials: int | None = Field(
        default=None, ge=1, description="Settings that were tried; default: those that the home has versions of."
    )


class LogLine(NoLine):
    """Says in the run's log what is done."""

    def __init__(self, log: DagsterLogManager) -> None:
        self._log = log

    def say(self, text: str) -> None:
        """A line of it."""
        self._log.info(text)

    def note(self, text: str) -> None:
        """A line of it."""
        self._log.info(text)


def build_backtest(
    settings: Settings, coins: Sequence[str], build: Callable[[Settings, Worker], Definitions]
) -> JobDefinition:
    """The job. Its step executes what is missing as runs of its own, in its process.

    Args:
        settings: of the home.
        coins: the universe.
        build: the definitions whose jobs these runs are.
    """

    @op(name="backtest_days", description="Trains and trades what is missing of a range of days, and scores all of it.")
    def backtest_days(context: OpExecutionContext, config: BacktestConfig) -> None:
        from coin_models.defs.walk import walk_backtest  # scores need pandas

        days, chosen = _asked(config, coins)
        require_disk_space(settings)
        work = DaysAsked(days=days, coins=chosen, named_coins=bool(config.coins), asked_by=ASKED_BY)
        with open_services(settings, create=True) as services, SignalRecorder() as signals:
            executor = DagsterRunExecutor(services, context.instance, {"asked_by": ASKED_BY}, build)
            try:
                walked = walk_backtest(
                    executor, work, line=LogLine(context.log), signals=signals, num_trials=config.trials
                )
            except Interrupted as notice:
                raise DagsterExecutionInterruptedError(str(notice)) from notice
        for sentence in walked.failures:
            context.log.warning(sentence)
        made = walked.backtest
        skill = made.models.total.over_reference
        context.add_output_metadata(
            {
                "page": backtest_link(days[0], days[-1], chosen if config.coins else None, config.trials),
                "num_days": made.num_days,
                "num_coin_days": made.num_coin_days,
                "num_trials": made.num_trials,
                "num_failed": sum(len(summary.failed) for summary in walked.summaries) + len(walked.failures),
                "skill_over_reference": MetadataValue.text(str(skill) if skill else "the models hold no reference"),
                **{f"return of the {book.name}": round(book.total_return, 6) for book in made.books},
            }
        )

    @job(
        name=BACKTEST,
        description="Walks a range of days forward as the nights would have, and links to a page with skill, equity and costs.",
    )
    def backtest_job() -> None:
        backtest_days()

    return backtest_job


def _asked(config: BacktestConfig, coins: Sequence[str]) -> tuple[list[date], list[str]]:
    try:
        days = complete_days(_day(config.first_day), _day(config.last_day), SystemClock())
        return days, chosen_coins(config.coins, coins)
    except UsageError as error:
        raise Failure(str(error), allow_retries=False) from None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{text[:20]!r} is not a day such as 2024-08-15") from None
