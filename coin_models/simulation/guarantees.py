"""The guarantees, checked on what a night left behind; docs/guarantees.md lists them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np

from coin_models.costs.ledger.accounts import entries_of
from coin_models.costs.ledger.rows import LedgerRows
from coin_models.pipeline.daily_report import JSON
from coin_models.pipeline.derived.settle import what_is_stale
from coin_models.pipeline.plan.action import Action
from coin_models.pipeline.plan.gather import plan_now
from coin_models.pipeline.plan.plan import Plan, PlannedCoinDay
from coin_models.registry.bundle import Bundle
from coin_models.registry.versions import ModelVersion
from coin_models.reporting.notifications.messages import day_complete_key
from coin_models.simulation.fitter import expected_weights
from coin_models.simulation.world import SimulatedServices, World
from coin_models.storage import keys

_SECOND = 1.0


def broken_guarantees(world: World, days: Sequence[date]) -> Iterator[str]:
    """A sentence for each guarantee that does not hold."""
    services = world.services(world.process("checks", "checks"))
    plan = plan_now(services, days, services.settings.universe)
    versions = {version.id: version for version in services.registry.versions()}
    yield from _published(plan)
    yield from _bytes_and_parents(services, plan, versions)
    yield from _nothing_lost(world, services, versions)
    yield from _derived(services, plan)
    yield from _forecasts(services, days)
    yield from _messages(world, days)
    yield from _ledger(world, services)


def _published(plan: Plan) -> Iterator[str]:
    """Every wanted coin-day is published."""
    for item in plan:
        if item.action not in (Action.REUSE, Action.SKIP):
            yield f"{item.coin} {item.day} is not published: {item.action.word}, {item.reason}"


def _bytes_and_parents(services: SimulatedServices, plan: Plan, versions: dict[str, ModelVersion]) -> Iterator[str]:
    """Each version has the bytes of an uninterrupted fit, and the parent that the calendar names."""
    bundles = {version.id: services.registry.bundle(version) for version in versions.values()}
    once = Counter((version.coin, version.day, version.fingerprint) for version in versions.values())
    yield from (f"{coin} {day} is published {n} times" for (coin, day, _), n in once.items() if n > 1)
    for version in versions.values():
        if not _is_as_fitted(bundles, version):
            yield f"{version.id} has other weights than an uninterrupted fit"
    ids = {(version.coin, version.day, version.fingerprint): version.id for version in versions.values()}
    for item in plan:
        if item.action is Action.REUSE and item.fingerprint is not None:
            version = versions[ids[item.coin, item.day, item.fingerprint]]
            if bundles[version.id].manifest.parent_id != _parent_id(ids, item) or version.parent_id != _parent_id(
                ids, item
            ):
                yield f"{version.id} started from {version.parent_id}, the calendar says {item.parent_day}"


def _parent_id(ids: dict[tuple[str, date, str], str], item: PlannedCoinDay) -> str | None:
    if item.parent_day is None or item.parent_fingerprint is None:
        return None
    return ids.get((item.coin, item.parent_day, item.parent_fingerprint), "an unpublished version")


def _is_as_fitted(bundles: dict[str, Bundle], version: ModelVersion) -> bool:
    bundle = bundles[version.id]
    parent = None if bundle.manifest.parent_id is None else bundles[bundle.manifest.parent_id].weights
    expected = expected_weights(bundle.manifest.architecture, version.fingerprint, parent)
    return expected.keys() == bundle.weights.keys() and all(
        np.array_equal(expected[name], bundle.weights[name]) for name in expected
    )


def _nothing_lost(world: World, services: SimulatedServices, versions: dict[str, ModelVersion]) -> Iterator[str]:
    """What was published once stays published, and every byte of it verifies."""
    for lost in sorted(world.audit.published - versions.keys()):
        yield f"{lost} was published and is gone"
    for problem in services.registry.verify(versions.values()):
        yield f"{problem.version_id} does not verify: {problem.reason}"


def _derived(services: SimulatedServices, plan: Plan) -> Iterator[str]:
    """Trades, patterns and report of every day are made from what is published."""
    wanted = {item.key for item in plan if item.action in (Action.REUSE, Action.SKIP)}
    for stale in what_is_stale(services, plan.days, plan.coins, wanted=wanted):
        yield f"{stale.kind} of {stale.coin} {stale.day} is stale"
    stored = {info.key for info in services.store.list(keys.REPORTS)}
    for day in plan.days:
        if keys.report(day, JSON) not in stored:
            yield f"there is no report of {day}"


def _forecasts(services: SimulatedServices, days: Sequence[date]) -> Iterator[str]:
    """The forecasts of each traded coin-day are recorded, and every byte of them verifies."""
    for coin, day in services.forecasts.unrecorded(None, min(days), max(days)):
        yield f"{coin} {day} was traded, and its forecasts are not recorded"
    recorded = services.forecasts.days(None, min(days), max(days))
    yield from (f"forecasts: {problem}" for problem in services.forecasts.verify(recorded))


def _messages(world: World, days: Sequence[date]) -> Iterator[str]:
    """Each event is posted once and delivered at least once; more often only if a receipt was lost."""
    rows = world.sqlite.query("SELECT event_key, kind, delivered_at, given_up_at, payload FROM outbox")
    for event_key, _, delivered_at, given_up_at, _ in rows:
        if delivered_at is None or given_up_at is not None:
            yield f"message {event_key} was not delivered"
    titles = Counter(message.title for message in world.channel.arrived)
    for day in days:
        digests = sum(row[0] == day_complete_key(day) for row in rows)
        arrived = titles[f"{day}: all coins done"]
        if digests and not arrived:
            yield f"the digest of {day} did not arrive"
        if arrived > digests + len(world.operations.hit):
            yield f"the digest of {day} arrived {arrived} times"


def _ledger(world: World, services: SimulatedServices) -> Iterator[str]:
    """Each session's time is shared out whole, and is no longer than its process lived."""
    sessions, attempts = LedgerRows(services.database).since(world.began)
    entries = entries_of(sessions, attempts)
    billed, shared = sum(each.billed_seconds for each in sessions), sum(entry.seconds.billed for entry in entries)
    if abs(billed - shared) > _SECOND:
        yield f"sessions were billed {billed:.1f} s, the ledger shares out {shared:.1f} s"
    for session in sessions:
        process = world.audit.processes.get(session.session_id)
        if process is None:
            continue
        if session.ended_at is None:
            yield f"session {session.session_id[:8]} of {process.name} has not ended"
        lived = (process.ended_at or world.scheduler.now) - process.started_at
        if session.billed_seconds > lived + _SECOND:
            yield f"session {session.session_id[:8]} is billed {session.billed_seconds:.1f} s, {process.name} lived {lived:.1f} s"
    running = world.sqlite.query("SELECT coin, day FROM attempts WHERE outcome = 'running'")
    yield from (f"the attempt at {coin} {day} has no end" for coin, day in running)
