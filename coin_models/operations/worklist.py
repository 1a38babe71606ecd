"""What work is left: pure functions over what is done and what was tried.

Belongs here: the state of a coin-day, and which coin-days to ask for now. Not here: where the facts come from, how the
work is done.

The rules: a published coin-day is done. A skip by rule is settled until it is forced. Interruptions cost nothing and may be
repeated at once; errors use up attempts and wait, doubling (retry.py); a coin-day out of attempts is quarantined until
`coin-models unquarantine`. An error of a place waits too and uses up nothing.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from coin_models.operations.attempts import Attempt, CoinDay, Outcome
from coin_models.operations.retry import RetryPolicy, RetryState, Tries


class State(StrEnum):
    """Where a coin-day stands."""

    DONE = "done"
    SKIPPED = "skipped"
    RUNNING = "running"
    WAITING = "waiting"  # failed, tried again after its backoff
    UNAVAILABLE = "unavailable"  # a place failed, tried again after its backoff
    FAILED = "failed"  # failed, may be tried again now
    INTERRUPTED = "interrupted"
    QUARANTINED = "quarantined"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A coin-day's state, with the reason a person wants to read."""

    state: State
    reason: str | None = None
    failures: int = 0


def standings(
    coin_days: Iterable[CoinDay],
    *,
    done: Collection[CoinDay],
    attempts: Iterable[Attempt],
    policy: RetryPolicy,
    now: datetime,
) -> dict[CoinDay, Standing]:
    """The state of each coin-day, from what is published and what was tried (oldest first)."""
    tried: dict[CoinDay, list[Attempt]] = {}
    for attempt in attempts:
        tried.setdefault((attempt.coin, attempt.day), []).append(attempt)
    return {
        key: Standing(state=State.DONE) if key in done else _standing(tried.get(key, ()), policy, now)
        for key in coin_days
    }


def _standing(tried: Sequence[Attempt], policy: RetryPolicy, now: datetime) -> Standing:
    if not tried:
        return Standing(state=State.MISSING)
    last = tried[-1]
    failed = [attempt for attempt in tried if attempt.outcome is Outcome.FAILED and not attempt.released]
    if last.outcome is Outcome.RUNNING:
        return Standing(state=State.RUNNING, failures=len(failed))
    if last.outcome is Outcome.SKIPPED:
        return Standing(state=State.SKIPPED, reason=last.reason, failures=len(failed))
    found = policy.retry(_tries(tried))
    if found.state is not RetryState.FREE:
        state = _HELD[found.state]
        if state is not State.QUARANTINED and found.is_due(now):
            state = State.FAILED if found.num_failed else State.MISSING
        return Standing(state=state, reason=found.reason, failures=found.num_failed)
    if last.outcome is Outcome.INTERRUPTED:
        return Standing(state=State.INTERRUPTED, reason=last.reason)
    return Standing(state=State.MISSING, reason=last.reason)


_HELD = {
    RetryState.FAILED: State.WAITING,
    RetryState.UNAVAILABLE: State.UNAVAILABLE,
    RetryState.QUARANTINED: State.QUARANTINED,
}


def _tries(tried: Sequence[Attempt]) -> Tries:
    """The counts of one coin-day's attempts (oldest first), whatever their fingerprint."""
    failed = [attempt for attempt in tried if attempt.outcome is Outcome.FAILED and not attempt.released]
    away = [attempt for attempt in tried if attempt.outcome is Outcome.UNAVAILABLE]
    return Tries(
        num_failed=len(failed),
        last_failed_at=_ended(failed),
        num_unavailable=len(away),
        last_unavailable_at=_ended(away),
        reason=next((a.reason for a in reversed(tried) if a.outcome in (Outcome.FAILED, Outcome.UNAVAILABLE)), None),
    )


def _ended(attempts: Sequence[Attempt]) -> datetime | None:
    return (attempts[-1].ended_at or attempts[-1].started_at) if attempts else None


READY = frozenset({State.MISSING, State.FAILED, State.INTERRUPTED})


def ready(found: Mapping[CoinDay, Standing], universe: Sequence[str]) -> dict[date, list[str]]:
    """What to train now: per day, oldest first, the coins in universe order.

    A coin is asked for on a day only when its earlier days in the window are settled or ready too, since each day
    starts from the one before; a waiting or running earlier day holds back that coin, and no other.
    """
    wanted: dict[date, list[str]] = {}
    held: set[str] = set()
    for day in sorted({day for _, day in found}):
        for coin in universe:
            standing = found.get((coin, day))
            if standing is None or coin in held:
                continue
            if standing.state in READY:
                wanted.setdefault(day, []).append(coin)
            elif standing.state in (State.RUNNING, State.WAITING, State.UNAVAILABLE):
                held.add(coin)
    return wanted
