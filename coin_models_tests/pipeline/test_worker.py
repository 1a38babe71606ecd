"""A session ends as interrupted after a signal, a notice, a lost lease or Ctrl-C, and as failed after any other exception."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import select

from coin_models.db.schema import sessions
from coin_models.errors import Interrupted, LeaseLost, StoreUnavailable
from coin_models.operations.sessions import FAILED, FINISHED, INTERRUPTED
from coin_models.pipeline.services import Services
from coin_models.pipeline.worker import open_worker
from coin_models.settings.root import Settings
from coin_models.training.interruption.preemption import PreemptionMonitor


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
