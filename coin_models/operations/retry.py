"""The retry policy: when a failed coin-day is tried again, and when no longer. Pure rules over counts and times.

An error of the coin uses up attempts: pauses double up to a cap, and after the last attempt the coin-day is
quarantined. An error of a place never quarantines: pauses double up to a separate cap, for as long as the day is
requested, and end when the places are seen to answer (place_watch.py).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

_MOST_DOUBLINGS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Tries:
    """What was tried without success of one coin-day at one fingerprint."""

    num_failed: int = 0  # errors of the coin, without those that `unquarantine` reset
    last_failed_at: datetime | None = None
    num_unavailable: int = 0  # errors of a place
    last_unavailable_at: datetime | None = None
    reason: str | None = None  # of the newest of both


class RetryState(StrEnum):
    """What the tries so far mean."""

    FREE = "free"  # nothing was tried without success
    FAILED = "failed"
    UNAVAILABLE = "unavailable"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """What the tries so far mean, and from when on another one is allowed."""

    state: RetryState
    retry_at: datetime | None = None  # None: at any time, or, quarantined, never
    num_failed: int = 0
    reason: str | None = None

    def is_due(self, now: datetime) -> bool:
        """Whether it may be tried now."""
        if self.state is RetryState.QUARANTINED:
            return False
        return self.retry_at is None or self.retry_at <= now


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often and how soon an error is tried again; pauses in seconds."""

    max_attempts: int
    backoff_seconds: float
    backoff_max_seconds: float = 3600.0
    unavailable_seconds: float = 30.0
    unavailable_max_seconds: float = 900.0

    def retry(self, tries: Tries, *, gives_up: bool = True, answered_at: datetime | None = None) -> Retry:
        """What these tries mean; no clock: `Retry.is_due` asks the time.

        Args:
            tries: of one coin-day at one fingerprint.
            gives_up: False: nothing is quarantined and pauses stay at their cap: a file that cannot be read is looked at
                again.
            answered_at: when the places were last seen to answer; pauses after errors of places from before end then.
        """
        failed_until = _after(tries.num_failed, tries.last_failed_at, self.backoff_seconds, self.backoff_max_seconds)
        away_until = _after(
            tries.num_unavailable, tries.last_unavailable_at, self.unavailable_seconds, self.unavailable_max_seconds
        )
        last = tries.last_unavailable_at
        if away_until is not None and last is not None and answered_at is not None and last < answered_at:
            away_until = min(away_until, answered_at)
        state, until = RetryState.FREE, None
        if gives_up and tries.num_failed >= self.max_attempts:
            state = RetryState.QUARANTINED
        elif away_until is not None and (failed_until is None or away_until >= failed_until):
            state, until = RetryState.UNAVAILABLE, away_until
        elif failed_until is not None:
            state, until = RetryState.FAILED, failed_until
        return Retry(state=state, retry_at=until, num_failed=tries.num_failed, reason=tries.reason)


def _after(number: int, last: datetime | None, first_seconds: float, most_seconds: float) -> datetime | None:
    """The end of the pause after the last of that many tries without success; None where there was none."""
    if not number or last is None:
        return None
    return last + timedelta(seconds=min(first_seconds * 2 ** min(number - 1, _MOST_DOUBLINGS), most_seconds))
