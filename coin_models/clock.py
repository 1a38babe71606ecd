"""The clock: gives the current time, today and yesterday in UTC, and is passed in, so that tests can set it."""

from datetime import UTC, date, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time, UTC-aware."""

    def now(self) -> datetime:
        """The time now, UTC-aware."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The machine's time, UTC-aware."""
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until it is moved; the double that ships beside the real one."""

    def __init__(self, now: datetime) -> None:
        if now.tzinfo is None:
            raise ValueError(f"a clock is UTC-aware; {now!r} has no time zone")
        self._now = now

    def now(self) -> datetime:
        """The time it was last set to."""
        return self._now

    def advance(self, delta: timedelta) -> None:
        """Move it, backwards too: real clocks jump."""
        self._now += delta


def newest_complete_day(clock: Clock) -> date:
    """The newest trading day whose candles are all closed: yesterday, UTC."""
    return clock.now().astimezone(UTC).date() - timedelta(days=1)
