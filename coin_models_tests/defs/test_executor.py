"""One run over a range of days: the same results as a run a day, each day recorded as it is finished."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, cast

import pytest
from dagster import (
    AssetKey,
    DagsterEventType,
    DagsterInstance,
    DagsterRun,
    DagsterRunStatus,
    EventLogEntry,
)
from sqlalchemy import select

from coin_models.costs.policy import GO_ON, Admission, Stop
from coin_models.db.schema import champion_decisions, model_versions
from coin_models.db.trading_schema import patterns, shadow_days, shadow_trades
from coin_models.defs.executor import DagsterRunExecutor, EndedRun
from coin_models.defs.instance.home import open_instance
from coin_models.defs.launch import executor_on
from coin_models.errors import Interrupted, StoreUnavailable
from coin_models.operations.attempts import AttemptAction
from coin_models.pipeline.services import Services
from coin_models.pipeline.worker import Worker
from coin_models.settings.root import Settings
from coin_models.storage import keys
from coin_models.storage.object_store import ObjectStore
from coin_models.training.results import Progress
from coin_models_tests.defs.fixtures import DAY, small_settings, worker_of_services

COINS = ("BTC", "ETH")
DAYS = [DAY + timedelta(days=offset) for offset in range(3)]
KEYS = [day.isoformat() for day in DAYS]


def settings_of(home: Path) -> Settings:
    """Both coins are retrained in full on the first and the third day; the second day starts from the first."""
    settings = small_settings(home, coins=COINS)
    return settings.model_copy(update={"training": settings.training.model_copy(update={"full_retrain_every_days": 2})})


@dataclass
class Place:
    """A home with a worker, and its Dagster instance."""

    worker: Worker
    instance: DagsterInstance

    def run_range(self, *, force: bool = False) -> EndedRun:
        return self._run(DAYS, force=force)

    def run_day_by_day(self) -> None:
        for day in DAYS:
            self._run([day])
            self.report([day])

    def report(self, days: list[date]) -> EndedRun:
        return self._executor().run_report(self.worker, days)

    def _run(self, days: list[date], *, force: bool = False) -> EndedRun:
        return self._executor().run_coins(self.worker, days, COINS, force=force)

    def _executor(self) -> DagsterRunExecutor:
        return executor_on(self.worker.services, self.instance, {})

    def days_of(self, *path: str) -> list[str]:
        return sorted(self.instance.get_materialized_partitions(AssetKey(list(path))))

    def actions(self) -> list[AttemptAction]:
        attempts = self.worker.services.attempts.between(DAYS[0], DAYS[-1])
        return [attempt.action for attempt in attempts if attempt.action is not None]

    def content(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything that was decided, without ids and moments."""
        version, made, trade, traded, pattern = (
            table.c for table in (model_versions, champion_decisions, shadow_trades, shadow_days, patterns)
        )
        digests = {row.id: row.weights_sha256 for row in self._rows(select(version.id, version.weights_sha256))}
        models = self._rows(select(version.coin, version.day, version.weights_sha256, version.parent_id))
        decided = self._rows(select(made.coin, made.day, made.decision, made.reason, made.version_id))
        return {
            "models": [(*row[:3], digests.get(row.parent_id)) for row in models],
            "champions": [(*row[:4], digests.get(row.version_id)) for row in decided],
            "days": self._rows(select(traded.coin, traded.day, traded.role, traded.pnl_usd, traded.pinball_loss)),
            "trades": self._rows(select(trade.coin, trade.day, trade.entered_at, trade.side, trade.pnl_usd)),
            "patterns": self._rows(select(pattern.day, pattern.id, pattern.num_matches, pattern.q_value)),
        }

    def _rows(self, statement: Any) -> list[Any]:
        with self.worker.services.database.begin() as connection:
            return sorted(connection.execute(statement).all(), key=str)


@contextmanager
def place(services: Services) -> Iterator[Place]:
    with worker_of_services(services) as worker, open_instance(services.settings) as instance:
        yield Place(worker, instance)


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Place]:
    with place(Services(settings=settings_of(tmp_path / "home"))) as opened:
        yield opened


def test_a_range_gives_what_its_days_give_one_by_one(here: Place, tmp_path: Path) -> None:
    ended = here.run_range()
    here.report(DAYS)
    with place(Services(settings=settings_of(tmp_path / "other"))) as other:
        other.run_day_by_day()
        expected = other.content()

    assert ended.run.status is DagsterRunStatus.SUCCESS
    assert here.content() == expected
    assert len(expected["models"]) == 6
    assert [(coin, str(day)) for coin, day, _, parent in expected["models"] if parent] == [
        ("BTC", KEYS[1]),
        ("ETH", KEYS[1]),
    ]
    assert len(expected["champions"]) == 6
    assert expected["days"]
    assert expected["patterns"]


def test_every_asset_of_every_day_is_recorded_once_with_its_metadata(here: Place) -> None:
    coins, report = here.run_range().run, here.report(DAYS).run

    events = _materializations(here.instance, coins)
    assert len(events) == 3 * 3 * 2  # days x kinds x coins
    assert len(_materializations(here.instance, report)) == 3 * 2
    for path in (["candles", "BTC"], ["model", "ETH"], ["shadow_trades", "BTC"], ["pattern_library"], ["daily_report"]):
        assert here.days_of(*path) == KEYS
    skills = [
        event.asset_materialization.metadata["validation_skill"].value
        for event in events
        if event.asset_materialization and event.asset_materialization.asset_key.path == ["model", "BTC"]
    ]
    assert len(set(skills)) == 3  # a day has its own


def _materializations(instance: DagsterInstance, run: DagsterRun) -> Sequence[EventLogEntry]:
    return instance.all_logs(run.run_id, of_type=DagsterEventType.ASSET_MATERIALIZATION)


def test_a_range_may_be_forced_and_gives_the_same_bytes(here: Place) -> None:
    here.run_range()
    first = here.content()

    here.run_range(force=True)

    assert here.content() == first
    assert here.actions().count(AttemptAction.TRAINED) == 12


class OutOfOrderOn(Services):
    """A services whose store takes no model of ETH of the second day until it is put in order."""

    @cached_property
    def store(self) -> ObjectStore:
        return cast("ObjectStore", _Store(Services(settings=self.settings).store))


@dataclass
class _Store:
    inner: ObjectStore
    broken: str | None = keys.models_of_day("ETH", DAYS[1])

    def put(self, key: str, *arguments: Any, **named: Any) -> Any:
        if self.broken is not None and key.startswith(self.broken):
            raise StoreUnavailable("the store is under maintenance")
        return self.inner.put(key, *arguments, **named)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


def test_a_coin_that_fails_on_a_day_holds_up_neither_the_others_nor_the_days_after(tmp_path: Path) -> None:
    services = OutOfOrderOn(settings=settings_of(tmp_path / "home"))
    with place(services) as here:
        ended = here.run_range()
        here.report(DAYS)

        assert ended.run.status is DagsterRunStatus.FAILURE
        assert here.days_of("model", "ETH") == [KEYS[0], KEYS[2]]
        assert here.days_of("model", "BTC") == KEYS
        assert here.days_of("daily_report") == KEYS
        assert ended.failure is not None
        assert "1 failed" in ended.failure
        assert "ETH of 2026-03-11: the store is under maintenance" in ended.failure


@dataclass
class TakenAway:
    """Takes the machine away in the fit after the first day was recorded; what was recorded must be there by then."""

    recorded_days: list[str] = field(default_factory=list)
    place: Place | None = None

    def __call__(self, _progress: Progress) -> None:
        if self.place is not None and not self.recorded_days:
            self.recorded_days = self.place.days_of("model", "BTC")
            if self.recorded_days:
                raise Interrupted("the machine is interrupted")


def test_days_are_recorded_before_the_next_is_begun_and_the_next_run_trains_only_the_rest(tmp_path: Path) -> None:
    end = TakenAway()
    services = Services(settings=settings_of(tmp_path / "home"), progress=end)
    with place(services) as here:
        end.place = here
        cut = here.run_range()
        left = here.days_of("model", "BTC")
        again = here.run_range()

        assert (cut.run.is_finished, again.run.status) == (True, DagsterRunStatus.SUCCESS)
        assert (end.recorded_days, left) == ([KEYS[0]], [KEYS[0]])
        assert here.days_of("model", "BTC") == KEYS
        assert here.actions().count(AttemptAction.REUSED) == 2  # BTC and ETH of the first day


def test_a_gate_that_closes_leaves_the_later_days_and_says_why(here: Place) -> None:
    def admission(day: date, _num_coins: int, _num_left: int) -> Admission:
        return Admission(stop=Stop.BUDGET, reason="the budget is spent") if day > DAYS[0] else GO_ON

    here.worker.admission = admission
    ended = here.run_range()

    assert here.days_of("model", "BTC") == [KEYS[0]]
    assert here.days_of("shadow_trades", "BTC") == KEYS  # by the champion that there is
    assert "the budget is spent" in str(ended.failure)


def test_a_range_that_failed_for_a_coin_trains_only_what_is_missing_when_it_is_run_again(tmp_path: Path) -> None:
    services = OutOfOrderOn(settings=settings_of(tmp_path / "home"))
    with place(services) as here:
        here.run_range()
        trained = here.actions().count(AttemptAction.TRAINED)
        assert isinstance(services.store, _Store)
        services.store.broken, here.worker.by_hand = None, True  # in order again, and a person launches it
        again = here.run_range()

        assert trained == 5  # six coin-days, of which ETH's second was not
        assert again.failure is None
        assert here.days_of("model", "ETH") == KEYS
        assert here.actions().count(AttemptAction.TRAINED) - trained == 1  # that one
