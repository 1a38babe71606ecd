"""A shift: a workshop with somebody at work in it: an open session, a beating heart, an ear for notice.

Belongs here: opening and closing the session. Not here: the work (retrain.py).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date

from coin_models.daily.workshop import Workshop
from coin_models.operations.heartbeat import Heartbeat
from coin_models.operations.leases import run_lease
from coin_models.operations.sessions import FAILED, FINISHED, INTERRUPTED, Session
from coin_models.registry.fingerprint import training_code_version
from coin_models.training.notice import NoticeBoard


@dataclass(slots=True, kw_only=True)
class Shift:
    """One process at work."""

    workshop: Workshop
    session: Session
    heartbeat: Heartbeat
    notice: NoticeBoard
    run_id: str | None = None  # the Dagster run that is worked for now
    candle_failures: dict[tuple[str, date], str] = field(default_factory=dict)  # why a coin-day has no candles


@contextmanager
def open_shift(workshop: Workshop, notice: NoticeBoard, *, run_id: str | None = None) -> Iterator[Shift]:
    """Opens a session, keeps it and its leases alive, and closes it as finished, interrupted or failed.

    With a run id, a lease on the run itself says that its worker is alive: the reaper fails the run when it runs out.
    """
    operations = workshop.settings.operations
    session = workshop.sessions.open(workshop.settings.costs, code_version=training_code_version())
    if run_id is not None:
        workshop.leases.acquire([run_lease(run_id)], session.session_id, run_id=run_id)

    def renew() -> bool:
        workshop.sessions.heartbeat(session.session_id)
        workshop.leases.renew(session.session_id)
        return True

    ending = INTERRUPTED  # what is not an Exception is a signal
    try:
        with Heartbeat(
            renew, interval_seconds=operations.heartbeat_seconds, lease_seconds=operations.lease_seconds
        ) as heartbeat:
            yield Shift(workshop=workshop, session=session, heartbeat=heartbeat, notice=notice, run_id=run_id)
        ending = INTERRUPTED if notice.received() else FINISHED
    except Exception:
        ending = FAILED
        raise
    finally:
        workshop.leases.release_all(session.session_id)
        workshop.sessions.close(session.session_id, ending)
