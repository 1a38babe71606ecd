"""Retraining days through any executor of runs; this one only records its calls."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pytest

from coin_models.errors import Interrupted
from coin_models.market.store import CoinDays
from coin_models.operations.signals import SignalRecorder
from coin_models.pipeline.phases import Phase, PhaseProgress
from coin_models.pipeline.plan.action import Action
from coin_models.pipeline.plan.facts import CoinDay
from coin_models.pipeline.run_days import DaysAsked, plan_days, run_days
from coin_models.pipeline.services import Services, open_services
from coin_models.pipeline.worker import Worker
from coin_models_tests.defs.fixtures import DAY, small_settings

ASKED = DaysAsked(days=[DAY], coins=("BTC", "ETH", "SOL"), asked_by="the test")


@dataclass
class Ended:
    failure: str | None = None


@dataclass
class WritesDown:
    """An executor that trains nothing."""

    failure: str | None = None
    runs: list[tuple[str, list[date], list[str]]] = field(default_factory=list)
    is_preempted: bool = False

    def reap(self) -> object:
        return "nothing"

    def unrecorded(self, coins: Sequence[str], days: Sequence[date]) -> set[CoinDay]:
        return set()

    def run_coins(self, worker: Worker, days: Sequence[date], coins: Sequence[str], *, force: bool) -> Ended:
        self.runs.append(("coins", list(days), list(coins)))
        if self.is_preempted:
            worker.notice.post("the test")
        return Ended(self.failure)

    def run_report(self, worker: Worker, days: Sequence[date]) -> Ended:
        self.runs.append(("report", list(days), []))
        return Ended()


@dataclass
class Said:
    lines: list[str] = field(default_factory=list)
    expected: dict[tuple[Phase, date | None], float] = field(default_factory=dict)

    def say(self, text: str) -> None:
        self.lines.append(text)

    def note(self, text: str) -> None:
        self.lines.append(text)

    def expect(self, phase: Phase, day: date | None, units: float) -> None:
        self.expected[phase, day] = units

    def reach(self, progress: PhaseProgress) -> None:
        self.lines.append(str(progress))


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with open_services(small_settings(tmp_path / "home"), create=True) as opened:
        yield opened


def test_the_plan_is_carried_out_and_what_the_run_did_not_reach_failed_with_its_cause(services: Services) -> None:
    executor = WritesDown(failure="the disk is full")

    with SignalRecorder() as signals:
        (summary,) = run_days(services, executor, ASKED, candles=services.candles, line=Said(), signals=signals)

    assert executor.runs[0] == ("coins", [DAY], ["BTC", "ETH", "SOL"])
    assert summary.failed == dict.fromkeys(("BTC", "ETH", "SOL"), "not started: the disk is full")


def test_what_is_asked_for_stays_asked_for(services: Services) -> None:
    with SignalRecorder() as signals:
        run_days(services, WritesDown(), ASKED, candles=services.candles, line=Said(), signals=signals)

    assert [request.asked_by for request in services.requests.all()] == ["the test"]


def test_a_notice_ends_the_walk_before_the_report(services: Services) -> None:
    executor = WritesDown(is_preempted=True)

    with SignalRecorder() as signals, pytest.raises(Interrupted, match="the test: finished work is kept"):
        run_days(services, executor, ASKED, candles=services.candles, line=Said(), signals=signals)

    assert [kind for kind, _, _ in executor.runs] == ["coins"]


def test_a_plan_fits_nothing_and_asks_for_nothing(services: Services) -> None:
    plan = plan_days(services, ASKED, Said(), candles=services.candles)

    assert plan.counts()[Action.TRAIN] >= 3
    assert services.requests.all() == []


@pytest.mark.parametrize("work", ["plan", "run"])
def test_candles_are_topped_up_through_what_is_given_and_by_nothing_else(services: Services, work: str) -> None:
    written: list[CoinDays] = []
    candles = services.candles_through(written.append)

    if work == "plan":
        plan_days(services, ASKED, Said(), candles=candles)
    else:
        with SignalRecorder() as signals:
            run_days(services, WritesDown(), ASKED, candles=candles, line=Said(), signals=signals)

    assert {days.coin for days in written} == set(ASKED.coins)
    assert services.candle_index.coins() == ()
