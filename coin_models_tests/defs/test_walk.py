"""Days are walked: candles are stored through the I/O manager, models published, forecasts recorded, and scored."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete

from coin_models.db.trading_schema import forecast_days
from coin_models.defs.executor import DagsterRunExecutor
from coin_models.defs.instance.home import open_instance
from coin_models.defs.launch import executor_on
from coin_models.defs.walk import walk_backtest, walk_days
from coin_models.operations.signals import SignalRecorder
from coin_models.pipeline.backtest import make_backtest
from coin_models.pipeline.run_days import DaysAsked, NoLine
from coin_models.pipeline.services import open_services
from coin_models_tests.defs.fixtures import DAY, small_settings

WORK = DaysAsked(days=[DAY, DAY + timedelta(days=1)], coins=["BTC"], asked_by="a test")


class Lines(NoLine):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def say(self, text: str) -> None:
        self.texts.append(text)


@pytest.fixture
def executor(tmp_path: Path) -> Iterator[DagsterRunExecutor]:
    settings = small_settings(tmp_path / "home", coins=("BTC",))
    with open_services(settings, create=True) as services, open_instance(settings) as instance:
        yield executor_on(services, instance, {"asked_by": "a test"})


def test_a_backtest_is_that_of_the_days_which_were_walked(executor: DagsterRunExecutor) -> None:
    lines = Lines()
    services = executor.services

    with SignalRecorder() as signals:
        summaries = walk_days(executor, WORK, line=lines, signals=signals)
        walked = walk_backtest(executor, WORK, line=lines, signals=signals, num_trials=2)

    versions = [summary.coins["BTC"].version for summary in summaries]
    assert [summary.coins["BTC"].version for summary in walked.summaries] == versions != [None, None]
    assert walked.backtest == make_backtest(services, ["BTC"], WORK.days[0], WORK.days[-1], 2)
    assert walked.failures == []
    assert lines.texts[-1] == "scores"
    assert services.candles.histories(["BTC"])["BTC"].day(0) < DAY


def test_days_whose_forecasts_are_not_recorded_are_recorded(executor: DagsterRunExecutor) -> None:
    services = executor.services
    with SignalRecorder() as signals:
        walk_days(executor, WORK, line=NoLine(), signals=signals)
        recorded = services.forecasts.days(["BTC"], WORK.days[0], WORK.days[-1])
        with services.database.begin() as connection:
            connection.execute(delete(forecast_days))
        walk_backtest(executor, WORK, line=NoLine(), signals=signals)

    again = services.forecasts.days(["BTC"], WORK.days[0], WORK.days[-1])
    assert len(again) == 2
    assert [(one.day, one.key) for one in again] == [(one.day, one.key) for one in recorded]
