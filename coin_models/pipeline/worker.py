"""A worker: services used by one process, with an open session, a heartbeat and a recorder of signals."""

import logging
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date

from coin_models.db.lease import LeaseToken
from coin_models.errors import LeaseLost
from coin_models.market.asking import CandleProblem
from coin_models.operations.heartbeat import Heartbeat
from coin_models.operations.interruptions import is_interruption
from coin_models.operations.leases import run_lease
from coin_models.operations.sessions import FAILED, FINISHED, INTERRUPTED, Session
from coin_models.operations.signals import SignalRecorder
from coin_models.pipeline.admission import AdmissionPolicy, admission_policy_of, admit_all
from coin_models.pipeline.phases import PhaseSink, no_phases
from coin_models.pipeline.services import Services
from coin_models.pipeline.train.outcome import CoinOutcome
from coin_models.pipeline.train.usage_meter import UsageMeter
from coin_models.registry.fingerprint import training_code_version
from coin_models.registry.registry import Uploaded
from coin_models.registry.versions import ModelVersion
from coin_models.training.interruption.preemption import PreemptionMonitor

logger = logging.getLogger(__name__)


@dataclass(slots=True, kw_only=True)
class Worker:
    """One running process."""

    services: Services
    session: Session
    heartbeat: Heartbeat
    notice: PreemptionMonitor
    signals: SignalRecorder
    run_id: str | None = None  # the Dagster run that is worked for now
    run_tokens: tuple[LeaseToken, ...] = ()  # its lease, where the run was launched for this worker alone
    candle_problems: dict[str, CandleProblem] = field(
        default_factory=dict
    )  # coins whose candles could not be had at the last look
    by_hand: bool = False  # a person asked: what failed is tried again at once
    outcomes: dict[tuple[str, date], CoinOutcome] = field(default_factory=dict)  # of this session, coin-day by coin-day
    admission: AdmissionPolicy = admit_all  # asked before each cohort
    commit: Callable[[Uploaded], ModelVersion] | None = None  # publishes what is uploaded; None: the registry itself
    failures: dict[tuple[str, date], str] = field(
        default_factory=dict
    )  # of what follows from models, or of a whole day
    day_seconds: dict[date, float] = field(default_factory=dict)  # what each day of the run took
    on_phase: PhaseSink = no_phases  # told where the run is
    deferred: dict[tuple[str, date], str] = field(default_factory=dict)  # coin-days that the admission left, and why
    startup_seconds: float = 0.0  # of this process before its session opened, until a cohort is charged for them
    meter: UsageMeter | None = None  # of the running fit

    def interrupted_by(self) -> str | None:
        """The signal or notice that said this machine goes away; None as long as none came."""
        notice, first_signal = self.notice.received(), self.signals.first()
        if notice is not None:
            return notice.source
        return first_signal.name if first_signal is not None else None

    def require_run(self) -> None:
        """Refuses to work on for a run that no longer counts on this worker.

        Raises:
            LeaseLost: the reaper has ended the run; Dagster launches it again, for another worker.
        """
        if not self.services.leases.holds(self.run_tokens):
            raise LeaseLost(
                f"run {self.run_id} was ended while this machine was silent; finished models are published, the run that "
                "was launched in its place continues"
            )


@contextmanager
def open_worker(
    services: Services,
    notice: PreemptionMonitor,
    *,
    run_id: str | None = None,
    signals: SignalRecorder | None = None,
    age_seconds: float = 0.0,
) -> Iterator[Worker]:
    """Opens a session, keeps it and its leases alive, and closes it as finished, interrupted or failed.

    With a run id, a lease on the run itself says that its worker is alive: the reaper fails the run when it runs out.
    `signals` is an open one; without it the worker opens its own (there is one wake-up descriptor per process).
    `age_seconds` is for how long the machine has worked for this session already: imports cost money too.
    """
    with ExitStack() as stack:
        listening = signals or stack.enter_context(SignalRecorder())
        session = services.sessions.open(
            services.settings.costs,
            code_version=training_code_version(services.settings.training.plugins),
            age_seconds=age_seconds,
        )
        run_leases = _lease_of_run(services, session, run_id) if run_id is not None else {}
        worker = Worker(
            services=services,
            session=session,
            heartbeat=_heartbeat(services, session, lambda: worker.meter),
            notice=notice,
            signals=listening,
            run_id=run_id,
            run_tokens=tuple(run_leases.values()),
            admission=admission_policy_of(services.settings, lambda: services.database, services.clock),
            startup_seconds=age_seconds,
        )
        stack.enter_context(worker.heartbeat)
        ending = FINISHED
        try:
            yield worker
            ending = INTERRUPTED if worker.interrupted_by() else FINISHED
        except BaseException as error:
            ending = INTERRUPTED if is_interruption(error, interrupted_by=worker.interrupted_by()) else FAILED
            raise
        finally:
            services.leases.release_all(session.session_id)
            services.sessions.close(session.session_id, ending, grace_used_seconds=_grace_used(worker))


def _lease_of_run(services: Services, session: Session, run_id: str) -> dict[str, LeaseToken]:
    return services.leases.acquire([run_lease(run_id)], session.session_id, run_id=run_id)


def _heartbeat(services: Services, session: Session, meter_now: Callable[[], UsageMeter | None]) -> Heartbeat:
    def renew() -> None:
        meter = meter_now()
        usage = None if meter is None else meter.usage()  # first: no attempt ever has more seconds than its session
        if not services.sessions.heartbeat(session.session_id):
            logger.warning("this session was closed as dead while it was silent; it continues")
        for lost in services.leases.renew(session.session_id):
            logger.warning("lease %s was lost: another session took it over, or closed this one as dead", lost.name)
        if meter is not None and usage is not None and services.leases.holds(meter.leases):
            meter.confirmed = usage
            services.attempts.note(meter.attempts, usage)

    return Heartbeat(renew, interval_seconds=services.settings.operations.heartbeat_seconds)


def _grace_used(worker: Worker) -> float | None:
    """Seconds from notice to the end of the session; None without notice."""
    notice = worker.notice.received()
    return None if notice is None else (worker.services.clock.now() - notice.at).total_seconds()
