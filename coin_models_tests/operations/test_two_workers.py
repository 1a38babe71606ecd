"""Any interleaving of two workers and a reaper: no coin-day is published by a session without its lease, none twice."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete

from coin_models.clock import FixedClock
from coin_models.db.engine import Database
from coin_models.db.lease import LeaseToken, require_held
from coin_models.db.opening import open_database
from coin_models.db.schema import attempts, leases, sessions
from coin_models.errors import LeaseLost
from coin_models.operations.attempts import AttemptAction, Outcome
from coin_models.operations.leases import coin_day_lease
from coin_models.settings.root import Settings
from coin_models_tests.operations.repositories import DAY, LEASE_SECONDS, Books

COINS = ("BTC", "ETH")
WORKERS = st.sampled_from((0, 1))
COIN = st.sampled_from(COINS)


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[Database]:
    database = open_database(Settings(home=tmp_path))
    yield database
    database.close()


class TwoWorkers(RuleBasedStateMachine):
    """The model: who holds what until when, by the plain rules; the tables must agree."""

    database: ClassVar[Database]

    def __init__(self) -> None:
        super().__init__()
        with self.database.begin() as connection:
            for table in (attempts, leases, sessions):
                connection.execute(delete(table))
        self.books = Books(self.database, FixedClock(datetime(2026, 3, 11, tzinfo=UTC)))
        self.ids = [self.books.open_session(), self.books.open_session()]
        self.open_attempts: dict[tuple[int, str], int] = {}
        self.tokens: dict[tuple[int, str], LeaseToken] = {}
        self.holds: dict[str, tuple[int, datetime]] = {}  # coin -> worker, until
        self.published: dict[str, int] = {}

    def _holder(self, coin: str) -> int | None:
        worker, until = self.holds.get(coin, (-1, self.books.clock.now()))
        return worker if until > self.books.clock.now() else None

    def _last_holder(self, coin: str) -> int | None:
        return self.holds.get(coin, (None, None))[0]

    def _until(self) -> datetime:
        return self.books.clock.now() + timedelta(seconds=LEASE_SECONDS)

    @rule(worker=WORKERS, coin=COIN)
    def take_up(self, worker: int, coin: str) -> None:
        won = self.books.leases.acquire([coin_day_lease(coin, DAY)], self.ids[worker])
        assert bool(won) == (self._holder(coin) in (None, worker))
        if won:
            self.holds[coin] = (worker, self._until())
            self.tokens[worker, coin] = next(iter(won.values()))
            begun = self.books.attempts.begin([coin], DAY, self.ids[worker])
            self.open_attempts[worker, coin] = begun[coin]

    @rule(worker=WORKERS)
    def beat(self, worker: int) -> None:
        if self.books.sessions.heartbeat(self.ids[worker]):
            self.books.leases.renew(self.ids[worker])
            for coin in COINS:
                if self._last_holder(coin) == worker:  # also of a lease that ran out
                    self.holds[coin] = (worker, self._until())

    @rule(worker=WORKERS, coin=COIN)
    def publish(self, worker: int, coin: str) -> None:
        token = self.tokens.get((worker, coin))
        if token is None:
            return
        try:
            with self.database.begin() as connection:
                require_held(connection, token)
            committed = True
        except LeaseLost:
            committed = False
        assert committed == (self._last_holder(coin) == worker)
        if committed:
            self.published.setdefault(coin, worker)

    @rule(worker=WORKERS, coin=COIN)
    def give_back(self, worker: int, coin: str) -> None:
        token = self.tokens.pop((worker, coin), None)
        if token is None:
            return
        self.books.leases.release([token])
        if self._last_holder(coin) == worker:
            del self.holds[coin]
        attempt = self.open_attempts.pop((worker, coin))
        self.books.attempts.finish(attempt, Outcome.DONE, action=AttemptAction.TRAINED)

    @rule(seconds=st.sampled_from((1.0, 14.0, 29.0, 31.0)))
    def time_passes(self, seconds: float) -> None:
        self.books.wait(seconds)

    @rule()
    def somebody_reaps(self) -> None:
        """A worker that was reaped continues, if at all, as a session of its own."""
        before = self.books.sessions.open_sessions()
        expected = {s.session_id for s in before if s.silent_for > timedelta(seconds=LEASE_SECONDS)}
        reaped = self.books.reap()
        assert set(reaped.session_ids) == expected
        for coin in COINS:
            holder = self._last_holder(coin)
            if holder is not None and self.ids[holder] in expected:
                del self.holds[coin]
        for number, session_id in enumerate(self.ids):
            if session_id in expected:
                self.ids[number] = self.books.open_session()
                for coin in COINS:
                    self.tokens.pop((number, coin), None)
                    self.open_attempts.pop((number, coin), None)

    @invariant()
    def the_tables_and_the_rules_agree_on_who_holds_what(self) -> None:
        names = {coin_day_lease(coin, DAY): coin for coin in COINS}
        held = self.books.holders(list(names))
        assert {names[name] for name in held} == {coin for coin in COINS if self._holder(coin) is not None}

    @invariant()
    def no_attempt_runs_on_without_its_session(self) -> None:
        assert self.books.attempts.sessions_left_running() == {}


def test_two_workers_never_commit_the_same_coin_day(shared: Database) -> None:
    run_state_machine_as_test(
        type("OnThisDatabase", (TwoWorkers,), {"database": shared}),
        settings=settings(max_examples=25, stateful_step_count=20, deadline=None),
    )
