"""A shift: a workshop with somebody at work in it: an open session, a beating heart, an ear for notice.

Belongs here: opening and closing the session. Not here: the work (retrain.py).
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date

from coin_models.daily.gate import Gate, gate_of, open_gate
from coin_models.daily.meter import FitMeter
from coin_models.daily.workshop import Workshop
from coin_models.operations.heartbeat import Heartbeat
from coin_models.operations.leases import run_lease
from coin_models.operations.sessions import FAILED, FINISHED, INTERRUPTED, Session
from coin_models.operations.signals import SignalEar
from coin_models.registry.fingerprint import training_code_version
from coin_models.training.notice import NoticeBoard


@dataclass(slots=True, kw_only=True)
class Shift:
    """One process at work."""

    workshop: Workshop
    session: Session
    heartbeat: Heartbeat
    notice: NoticeBoard
    ear: SignalEar
    run_id: str | None = None  # the Dagster run that is worked for now
    candle_failures: dict[tuple[str, date], str] = field(default_factory=dict)  # why a coin-day has no candles
    gate: Gate = open_gate  # asked before each cohort
    deferred: dict[tuple[str, date], str] = field(default_factory=dict)  # coin-days that the gate left, and why
    startup_seconds: float = 0.0  # of this process before its session opened, until a cohort is charged for them
    meter: FitMeter | None = None  # of the fit at work

    def interrupted_by(self) -> str | None:
        """Who said that this machine goes away; None as long as nobody did."""
        notice, heard = self.notice.received(), self.ear.first()
        if notice is not None:
            return notice.source
        return heard.name if heard is not None else None


@contextmanager
def open_shift(
    workshop: Workshop,
    notice: NoticeBoard,
    *,
    run_id: str | None = None,
    ear: SignalEar | None = None,
    age_seconds: float = 0.0,
) -> Iterator[Shift]:
    """Opens a session, keeps it and its leases alive, and closes it as finished, interrupted or failed.

    With a run id, a lease on the run itself says that its worker is alive: the reaper fails the run when it runs out.
    `ear` is an open one; without it the shift opens its own (there is one wake-up descriptor per process).
    `age_seconds` is for how long the machine has worked for this session already: imports cost money too.
    """
    with ExitStack() as stack:
        listening = ear or stack.enter_context(SignalEar())
        session = workshop.sessions.open(
            workshop.settings.costs, code_version=training_code_version(), age_seconds=age_seconds
        )
        if run_id is not None:
            workshop.leases.acquire([run_lease(run_id)], session.session_id, run_id=run_id)
        shift = Shift(
            workshop=workshop,
            session=session,
            heartbeat=_heartbeat(workshop, session, lambda: shift.meter),
            notice=notice,
            ear=listening,
            run_id=run_id,
            gate=gate_of(workshop.settings, lambda: workshop.database, workshop.clock),
            startup_seconds=age_seconds,
        )
        stack.enter_context(shift.heartbeat)
        ending = INTERRUPTED  # what is not an Exception is a signal
        try:
            yield shift
            ending = INTERRUPTED if shift.interrupted_by() else FINISHED
        except Exception:
            ending = FAILED
            raise
        finally:
            workshop.leases.release_all(session.session_id)
            workshop.sessions.close(session.session_id, ending, grace_used_seconds=_grace_used(shift))


def _heartbeat(workshop: Workshop, session: Session, meter_now: Callable[[], FitMeter | None]) -> Heartbeat:
    def renew() -> bool:
        meter = meter_now()
        if meter is not None:  # first, so that no attempt ever has more seconds than its session
            workshop.attempts.note(meter.attempts, meter.effort())
        is_open = workshop.sessions.heartbeat(session.session_id)
        workshop.leases.renew(session.session_id)
        return is_open

    operations = workshop.settings.operations
    return Heartbeat(renew, interval_seconds=operations.heartbeat_seconds, lease_seconds=operations.lease_seconds)


def _grace_used(shift: Shift) -> float | None:
    """Seconds from notice to the end of the session; None without notice, or where nobody noted when it came."""
    notice = shift.notice.received()
    return None if notice is None else (shift.workshop.clock.now() - notice.at).total_seconds()
