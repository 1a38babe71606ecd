"""A session ends as interrupted after a signal, a notice, a lost lease or Ctrl-C, and as failed after any other exception."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from coin_models.clock import FixedClock
from coin_models.db.schema import sessions
from coin_models.errors import Interrupted, LeaseLost, StoreUnavailable
from coin_models.operations.leases import coin_day_lease
from coin_models.operations.reaper import reap_sessions
from coin_models.operations.sessions import FAILED, FINISHED, INTERRUPTED
from coin_models.pipeline.services import Services, no_progress
from coin_models.pipeline.train.usage_meter import UsageMeter
from coin_models.pipeline.worker import Worker, open_worker
from coin_models.settings.operations import OperationsSettings
from coin_models.settings.root import Settings
from coin_models.training.interruption.preemption import PreemptionMonitor

DAY = date(2026, 3, 10)


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    opened = Services(settings=Settings(home=tmp_path / "home"))
    yield opened
    opened.database.close()


@pytest.mark.parametrize(
    ("raised", "ending"),
    [
        (None, FINISHED),
        (Interrupted("SIGTERM: saved step 812"), INTERRUPTED),
        (KeyboardInterrupt(), INTERRUPTED),
        (LeaseLost("another session holds BTC"), INTERRUPTED),
        (ValueError("SLURM_NTASKS=4 does not match devices=1"), FAILED),
        (SystemExit(1), FAILED),  # a library that gives up is no signal
        (StoreUnavailable("time-out"), FAILED),
    ],
    ids=repr,
)
def test_the_sessions_end_says_whether_it_was_taken_away(
    raised: BaseException | None, ending: str, services: Services
) -> None:
    monitor = PreemptionMonitor(services.settings.interruption, (), services.clock)

    with suppress(BaseException), open_worker(services, monitor):
        if raised is not None:
            raise raised

    with services.database.read() as connection:
        assert connection.execute(select(sessions.c.end_reason)).scalars().all() == [ending]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 3, 11, 2, tzinfo=UTC))


@pytest.fixture
def worker(tmp_path: Path, clock: FixedClock) -> Iterator[Worker]:
    """A worker of a Dagster run, at one coin-day; its heart beats only when a test says so."""
    operations = OperationsSettings(lease_seconds=7200.0, heartbeat_seconds=3600.0)
    services = Services(settings=Settings(home=tmp_path / "home", operations=operations), clock=clock)
    monitor = PreemptionMonitor(services.settings.interruption, (), clock)
    with open_worker(services, monitor, run_id="the run") as opened:
        session = opened.session.session_id
        held = services.leases.acquire([coin_day_lease("BTC", DAY)], session)
        begun = services.attempts.begin(["BTC"], DAY, session)
        opened.meter = UsageMeter(list(begun.values()), 1.0, leases=list(held.values()))
        opened.meter.fit_begins(0, also=no_progress)
        yield opened
    services.database.close()


def booked_seconds(worker: Worker) -> float:
    (attempt,) = worker.services.attempts.between(DAY, DAY)
    return attempt.usage.startup_seconds


def test_a_heartbeat_books_what_was_done_while_the_leases_were_held(worker: Worker) -> None:
    worker.heartbeat.beat()

    assert worker.meter is not None
    assert booked_seconds(worker) == worker.meter.confirmed.startup_seconds >= 1.0


def test_a_suspended_session_that_nobody_missed_holds_everything_after_its_next_heartbeat(
    worker: Worker, clock: FixedClock
) -> None:
    clock.advance(timedelta(days=1))
    worker.heartbeat.beat()

    worker.require_run()
    assert booked_seconds(worker) >= 1.0


def test_a_session_that_was_closed_as_dead_notices_at_its_next_heartbeat_and_books_nothing_more(
    worker: Worker, clock: FixedClock
) -> None:
    clock.advance(timedelta(days=1))
    services = worker.services
    patience = OperationsSettings(lease_seconds=7200.0)
    reap_sessions(services.sessions, services.attempts, services.leases, operations=patience)
    worker.heartbeat.beat()

    with pytest.raises(LeaseLost, match="run the run was ended while this machine was silent"):
        worker.require_run()
    assert booked_seconds(worker) == 0.0
    assert [session.session_id for session in services.sessions.open_sessions()] == [worker.session.session_id]
