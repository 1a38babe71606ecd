"""Defects, each of which the simulator must find: what a careless change would do, planted into the real code."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from sqlalchemy import ColumnElement, Connection, update

from coin_models.db.database_clock import MachineClock
from coin_models.db.schema import leases, model_versions, sessions
from coin_models.operations.attempts import AttemptLog, Outcome
from coin_models.operations.leases import LeaseBook
from coin_models.operations.retry import Retry, RetryPolicy, RetryState
from coin_models.operations.sessions import LOST, SessionLog
from coin_models.pipeline import run_days
from coin_models.pipeline.train import prepare
from coin_models.registry import registry
from coin_models.registry.registry import Registry
from coin_models.registry.versions import version_of
from coin_models.reporting.notifications import delivery, outbox
from coin_models.settings.operations import OperationsSettings
from coin_models.simulation import programs
from coin_models.simulation.faults import Event, EventKind, Fault, FaultKind
from coin_models.simulation.night import live
from coin_models.simulation.night_plan import NightPlan
from coin_models.simulation.world import SimulatedServices

Patch = pytest.MonkeyPatch


def no_token_check(patch: Patch) -> None:
    patch.setattr(registry, "require_held", lambda _connection, _lease: None)


def renewal_by_name_alone(patch: Patch) -> None:
    def renew(self: LeaseBook, session_id: str) -> list[Any]:
        names = [token.name for token in self._held if token.session_id == session_id]
        later = self._clock.now(self._lifetime)
        self._database.transact(
            lambda connection: connection.execute(
                update(leases).where(leases.c.name.in_(names)).values(expires_at=later)
            )
        )
        return []

    patch.setattr(LeaseBook, "renew", renew)


def lease_taken_before_its_end(patch: Patch) -> None:
    taken = LeaseBook._take

    def take(self: LeaseBook, connection: Connection, names: Any, *rest: Any) -> dict[str, int]:
        connection.execute(
            update(leases).where(leases.c.name.in_(names)).values(expires_at=datetime(2000, 1, 1, tzinfo=UTC))
        )
        return taken(self, connection, names, *rest)

    patch.setattr(LeaseBook, "_take", take)


def release_by_name_alone(patch: Patch) -> None:
    def release(self: LeaseBook, tokens: Any) -> None:
        names = [token.name for token in tokens]
        self._held = {token for token in self._held if token.name not in names}
        self._database.transact(lambda connection: self._end(connection, names, session_id="", dagster_run_id=None))

    patch.setattr(LeaseBook, "release", release)


def row_before_objects(patch: Patch) -> None:
    upload, commit = Registry.upload, Registry.commit
    waiting: dict[int, Any] = {}

    def later(self: Registry, publication: Any) -> Any:
        uploaded = registry.Uploaded(publication=publication, repair=False)
        waiting[id(uploaded)] = publication
        return uploaded

    def first(self: Registry, uploaded: Any) -> Any:
        version = commit(self, uploaded)
        upload(self, waiting.pop(id(uploaded)))
        return version

    patch.setattr(Registry, "upload", later)
    patch.setattr(Registry, "commit", first)


def parent_by_luck(patch: Patch) -> None:
    def newest(services: Any, planned: Any) -> Any:
        if planned.parent_day is None:
            return None
        earlier = (version for version in services.registry.versions(planned.coin) if version.day < planned.day)
        return next(earlier, None)

    patch.setattr(prepare, "_parent", newest)


def an_outage_is_final(patch: Patch) -> None:
    retry = RetryPolicy.retry

    def final(self: RetryPolicy, tries: Any, *, gives_up: bool = True, **_: object) -> Retry:
        if tries.num_unavailable:
            return Retry(state=RetryState.QUARANTINED, reason=tries.reason)
        return retry(self, tries, gives_up=gives_up)

    patch.setattr(RetryPolicy, "retry", final)


def attempts_used_up_by_outages(patch: Patch) -> None:
    record = AttemptLog.record

    def as_failed(self: AttemptLog, day: Any, session: str, outcomes: Any, **options: Any) -> None:
        failed = {
            coin: (Outcome.FAILED if outcome is Outcome.UNAVAILABLE else outcome, action, reason)
            for coin, (outcome, action, reason) in outcomes.items()
        }
        record(self, day, session, failed, **options)

    patch.setattr(AttemptLog, "record", as_failed)


def clock_of_the_machine(patch: Patch) -> None:
    patch.setattr(SimulatedServices, "database_clock", property(lambda self: MachineClock(self.clock)))


def impatient_reaper(patch: Patch) -> None:
    reap = programs.reap_sessions

    def reap_soon(*books: Any, operations: OperationsSettings, **options: Any) -> Any:
        return reap(*books, operations=operations.model_copy(update={"lease_seconds": 12.0}), **options)

    patch.setattr(programs, "reap_sessions", reap_soon)


def message_settled_before_it_is_sent(patch: Patch) -> None:
    def deliver(box: Any, channel: Any, _most: int) -> Any:
        while claim := box.claim(channel.channel_id):
            box.delivered(claim)
            try:
                channel.send(claim.message)
            except delivery.ChannelError:
                break
        return delivery.DeliveryReport()

    patch.setattr(delivery, "_deliver", deliver)


def claim_that_never_ends(patch: Patch) -> None:
    def unclaimed(_now: datetime) -> ColumnElement[bool]:
        return outbox.outbox.c.claimed_until.is_(None)

    patch.setattr(outbox, "_unclaimed", unclaimed)


def dead_session_billed_until_it_is_reaped(patch: Patch) -> None:
    def close(self: SessionLog, dead: Any) -> list[str]:
        ids = [session.session_id for session in dead]
        gone = update(sessions).where(sessions.c.id.in_(ids)).values(ended_at=self._clock.now(), end_reason=LOST)
        self._database.transact(lambda connection: connection.execute(gone))
        return ids

    patch.setattr(SessionLog, "close_lost", close)


def attempts_of_the_dead_left_running(patch: Patch) -> None:
    patch.setattr(AttemptLog, "sessions_left_running", lambda _self: {})


def stale_trades_left_as_they_are(patch: Patch) -> None:
    patch.setattr(run_days, "what_is_stale", lambda *_arguments, **_options: [])
    patch.setattr(programs, "settle_trades", lambda *_arguments: [])


def any_version_of_the_day_is_reused(patch: Patch) -> None:
    def find(connection: Connection, coin: str, day: Any, _fingerprint: str) -> Any:
        query = model_versions.select().where(model_versions.c.coin == coin, model_versions.c.day == day)
        row = connection.execute(query).first()
        return None if row is None else version_of(row)

    patch.setattr(registry, "_find", find)


@cache
def _operations() -> tuple[str, ...]:
    """Of a night of two machines without a fault."""
    names: list[str] = []
    live(BASE, names)
    return tuple(names)


def at(name: str, kind: FaultKind, *seconds: float, most: int = 2, later: int = 0) -> Iterator[NightPlan]:
    """Nights in which the fault hits one of the first operations of that name, or some `later`, for so long."""
    named = [number for number, operation in enumerate(_operations()) if name in operation][:most]
    numbers = [number + more for number in named for more in range(later + 1)]
    for number in numbers:
        for length in seconds or (0.0,):
            yield replace(BASE, faults=(Fault(operation=number, kind=kind, seconds=length),))


def with_event(kind: EventKind, *, at_seconds: float, seconds: float = 0.0, **changes: Any) -> Iterator[NightPlan]:
    """Nights in which it happens to one coin or machine after the other."""
    for target in range(3):
        event = Event(at_seconds=at_seconds, kind=kind, target=target, seconds=seconds)
        yield replace(BASE, events=(event,), **changes)


def pauses() -> Iterator[NightPlan]:
    """A machine stands still at the end of a fit until another one has its lease and has not published yet."""
    return at("fit step 6", FaultKind.PAUSE, *range(100, 190, 8))


BASE = NightPlan(seed=1, num_machines=2)
PLANTED: Mapping[Callable[[Patch], None], Callable[[], Iterable[NightPlan]]] = {
    no_token_check: pauses,
    renewal_by_name_alone: pauses,
    lease_taken_before_its_end: lambda: [replace(BASE, seed=seed, num_machines=3) for seed in range(8)],
    release_by_name_alone: pauses,
    row_before_objects: lambda: [BASE],
    parent_by_luck: lambda: [replace(BASE, num_days=2)],
    an_outage_is_final: lambda: with_event(EventKind.STORE_OUTAGE, at_seconds=7230, seconds=3000),
    attempts_used_up_by_outages: lambda: with_event(EventKind.STORE_OUTAGE, at_seconds=7230, seconds=20_000),
    clock_of_the_machine: lambda: with_event(EventKind.SKEW, at_seconds=7000, seconds=3600),
    impatient_reaper: lambda: [BASE],
    message_settled_before_it_is_sent: lambda: at("channel send", FaultKind.FAIL_BEFORE, later=6),
    claim_that_never_ends: lambda: at("channel send", FaultKind.DIE_BEFORE, later=2),
    dead_session_billed_until_it_is_reaped: lambda: at("fit step 3", FaultKind.DIE_BEFORE),
    attempts_of_the_dead_left_running: lambda: at("fit step 3", FaultKind.DIE_BEFORE),
    stale_trades_left_as_they_are: lambda: with_event(EventKind.CORRECT, at_seconds=12_000),
    any_version_of_the_day_is_reused: lambda: with_event(EventKind.SETTINGS, at_seconds=12_000),
}
"""Each defect, and the nights in one of which the simulator must see it."""

SLOW = (
    renewal_by_name_alone,
    release_by_name_alone,
    attempts_used_up_by_outages,
    message_settled_before_it_is_sent,
    attempts_of_the_dead_left_running,
    any_version_of_the_day_is_reused,
)
"""Seconds each; `make proof` plants them."""
