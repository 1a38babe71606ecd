"""When a day's patterns and report are requested: once its coins are settled, or at the deadline, and once."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from dagster import DagsterInstance, DagsterRunStatus, job, op

from coin_models.defs.jobs import REPORT
from coin_models.defs.runs import partition_tags
from coin_models.defs.sensors.reporting import Reporting, what_to_report
from coin_models.pipeline.services import Services
from coin_models_tests.pipeline.trading_days import TradingWorld

COINS = ("BTC", "ETH")
NUM_DAYS = 10  # up to the night of the world's clock, 02:00 UTC: six hours before the deadline
UNTIL_THE_DEADLINE = timedelta(hours=6)


@op
def nothing() -> None:
    """Stands in for the report."""


@job(name=REPORT)
def report_job() -> None:
    nothing()


class Morning:
    """Coins with versions under fingerprints of another time, which are kept; nothing follows from them yet."""

    def __init__(self, home: Path, instance: DagsterInstance) -> None:
        self.world = TradingWorld(home, num_days=NUM_DAYS, coins=COINS)
        settings = self.world.services.settings
        operations = settings.operations.model_copy(update={"stale": "keep"})
        self.services = Services(
            settings=settings.model_copy(update={"operations": operations}), clock=self.world.clock
        )
        self.instance = instance
        self.day = self.world.days[-1]

    def asked(self, *coins: str) -> None:
        self.services.requests.ask(self.day, self.day, coins or COINS, "a person")

    def traded(self) -> None:
        for day in self.world.days:
            self.world.trade(day)

    def asks_for(self) -> Reporting:
        return what_to_report(self.services, self.instance, COINS)


@pytest.fixture
def morning(tmp_path: Path) -> Iterator[Morning]:
    with DagsterInstance.ephemeral() as instance:
        made = Morning(tmp_path / "home", instance)
        yield made
        made.services.close()


def test_a_day_of_which_nothing_was_asked_for_gets_no_report(morning: Morning) -> None:
    morning.traded()

    assert morning.asks_for() == Reporting()


def test_a_day_whose_coins_are_settled_is_asked_for_before_its_deadline(morning: Morning) -> None:
    morning.asked()
    morning.traded()

    assert morning.asks_for().days == [morning.day]


def test_before_the_deadline_a_day_waits_for_its_coins_and_at_the_deadline_it_does_not(morning: Morning) -> None:
    morning.asked()
    before = morning.asks_for()
    morning.world.clock.advance(UNTIL_THE_DEADLINE)
    at_the_deadline = morning.asks_for()

    assert (before.days, list(before.held)) == ([], [morning.day])
    assert "not every coin is settled" in before.held[morning.day]
    assert at_the_deadline.days == [morning.day]


def test_a_report_that_is_what_would_be_made_now_is_asked_for_no_more(morning: Morning) -> None:
    morning.asked()
    for day in morning.world.days:
        morning.world.chain(day, morning.services)

    assert morning.asks_for().days == []


def test_a_day_whose_report_is_being_made_is_not_asked_for_again(morning: Morning) -> None:
    morning.asked()
    morning.traded()
    run = morning.instance.create_run_for_job(
        report_job, tags=partition_tags([morning.day]), status=DagsterRunStatus.STARTED
    )

    reporting = morning.asks_for()

    assert reporting.days == []
    assert reporting.held == {morning.day: f"run {run.run_id[:8]} is started"}


@pytest.mark.parametrize(("reason", "is_requested"), [(None, True), ("STEP_FAILURE", False)])
def test_a_report_whose_run_was_killed_is_requested_at_once_and_one_that_failed_after_a_pause(
    reason: str | None, is_requested: bool, morning: Morning
) -> None:
    morning.asked()
    morning.traded()
    tags = {"dagster/will_retry": "false"} | ({} if reason is None else {"dagster/failure_reason": reason})
    ended = morning.instance.create_run_for_job(
        report_job, status=DagsterRunStatus.STARTED, tags={**partition_tags([morning.day]), **tags}
    )
    morning.instance.report_run_failed(ended)

    assert (morning.day in morning.asks_for().days) is is_requested
