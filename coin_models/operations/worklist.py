"""What work is left: pure functions over what is done and what was tried.

Belongs here: the state of a coin-day, and which coin-days to ask for now. Not here: where the facts come from, how the
work is done.

The rules: a published coin-day is done. A skip by rule is settled until somebody forces it. Interruptions cost nothing
and may be repeated at once; errors use up the attempt budget and wait, doubling; a coin-day out of budget is
quarantined until it is released.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from coin_models.operations.attempts import Attempt, Outcome

CoinDay = tuple[str, date]


class State(StrEnum):
    """Where a coin-day stands."""

    DONE = "done"
    SKIPPED = "skipped"
    RUNNING = "running"
    WAITING = "waiting"  # failed, tried again after its backoff
    FAILED = "failed"  # failed, may be tried again now
    INTERRUPTED = "interrupted"
    QUARANTINED = "quarantined"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often and how soon an error is tried again."""

    max_attempts: int
    backoff_seconds: float

    def retry_at(self, failures: int, last_failure: datetime) -> datetime:
        """The first moment at which a coin-day with that many failures may be tried again."""
        return last_failure + timedelta(seconds=self.backoff_seconds * 2 ** min(failures - 1, 20))


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
    if failed:
        return _after_failures(failed, policy, now)
    if last.outcome is Outcome.INTERRUPTED:
        return Standing(state=State.INTERRUPTED, reason=last.reason)
    return Standing(state=State.MISSING, reason=last.reason)


def _after_failures(failed: Sequence[Attempt], policy: RetryPolicy, now: datetime) -> Standing:
    last = failed[-1]
    if len(failed) >= policy.max_attempts:
        return Standing(state=State.QUARANTINED, reason=last.reason, failures=len(failed))
    waits = policy.retry_at(len(failed), last.ended_at or last.started_at) > now
    return Standing(state=State.WAITING if waits else State.FAILED, reason=last.reason, failures=len(failed))


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
            elif standing.state in (State.RUNNING, State.WAITING):
                held.add(coin)
    return wanted
