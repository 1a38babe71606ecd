"""Divides each session's time and money among the coin-days it worked for, to the second and the cent.

A running attempt notes its usage with every heartbeat, and a dead session is closed at its last heartbeat: after a kill
without notice only the seconds since then are unknown. An attempt that was killed before its first note counts as
useful from its start. A machine that was interrupted before its session opened leaves no trace here. An opened session
is billed from the start of its process (or from its launch by Dagster), imports included.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, timedelta

from coin_models.costs.ledger.records import AttemptRecord, SessionRecord

_KILLED = ("running", "interrupted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seconds:
    """Machine time by what it was spent on."""

    useful: float = 0.0
    redone: float = 0.0
    checkpoint: float = 0.0
    startup: float = 0.0
    idle: float = 0.0

    @property
    def billed(self) -> float:
        """All of it."""
        return self.useful + self.redone + self.checkpoint + self.startup + self.idle

    def __add__(self, other: "Seconds") -> "Seconds":
        """Part by part."""
        return Seconds(
            useful=self.useful + other.useful,
            redone=self.redone + other.redone,
            checkpoint=self.checkpoint + other.checkpoint,
            startup=self.startup + other.startup,
            idle=self.idle + other.idle,
        )

    def scaled(self, factor: float) -> "Seconds":
        """Each part times a factor."""
        return Seconds(
            useful=self.useful * factor,
            redone=self.redone * factor,
            checkpoint=self.checkpoint * factor,
            startup=self.startup * factor,
            idle=self.idle * factor,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What one session spent on one coin-day; the coin is none where a session did nothing for any."""

    session: SessionRecord
    day: date
    coin: str | None
    seconds: Seconds
    trained: bool
    """Whether the session finished this coin-day."""
    after_interruption: bool
    """Whether an earlier session was interrupted while it worked on this day."""

    @property
    def cost_usd(self) -> float:
        """Its part of the session's cost."""
        return self.seconds.billed / 3600.0 * self.session.price_usd_per_hour


def entries_of(sessions: Iterable[SessionRecord], attempts: Iterable[AttemptRecord]) -> list[Entry]:
    """Divides every session among its coin-days; the entries' seconds and costs sum to the sessions'.

    `attempts` holds all attempts of the sessions. Attempts of other sessions are left aside.
    """
    by_session: dict[str, list[AttemptRecord]] = defaultdict(list)
    for attempt in attempts:
        by_session[attempt.session_id].append(attempt)
    taken_days: set[date] = set()
    entries: list[Entry] = []
    for session in sorted(sessions, key=lambda session: (session.started_at, session.session_id)):
        session_attempts = by_session[session.session_id]
        entries += _divide(session, session_attempts, taken_days)
        if session.was_taken:
            taken_days |= {attempt.day for attempt in session_attempts if attempt.outcome in _KILLED}
    return entries


def _divide(session: SessionRecord, attempts: Sequence[AttemptRecord], taken_days: set[date]) -> list[Entry]:
    shares: dict[tuple[date, str | None], Seconds] = defaultdict(Seconds)
    for attempt, seconds in _recorded(session, attempts):
        shares[attempt.day, attempt.coin] += seconds
    if not shares:  # the model of a day is normally trained on the day after it
        shares[session.started_at.astimezone(UTC).date() - timedelta(days=1), None] = Seconds()
    done = {(attempt.day, attempt.coin) for attempt in attempts if attempt.outcome == "done"}
    return [
        Entry(
            session=session,
            day=day,
            coin=coin,
            seconds=seconds,
            trained=(day, coin) in done,
            after_interruption=day in taken_days,
        )
        for (day, coin), seconds in _with_idle(session.billed_seconds, shares).items()
    ]


def _recorded(session: SessionRecord, attempts: Sequence[AttemptRecord]) -> list[tuple[AttemptRecord, Seconds]]:
    """Each attempt's seconds, never more in all than the session had."""
    recorded_seconds = sum(attempt.recorded_seconds for attempt in attempts)
    fits = min(1.0, session.billed_seconds / recorded_seconds) if recorded_seconds else 1.0
    silent = [attempt for attempt in attempts if attempt.outcome in _KILLED and attempt.recorded_seconds == 0]
    guess = _unrecorded(session, silent, recorded_seconds) if silent else Seconds()
    return [(attempt, guess if attempt in silent else _seconds(attempt).scaled(fits)) for attempt in attempts]


def _unrecorded(session: SessionRecord, silent: Sequence[AttemptRecord], recorded_seconds: float) -> Seconds:
    """Each killed attempt's share: what came before the first of them started the machine up, the rest was work."""
    first = min(attempt.started_at for attempt in silent)
    startup = (
        0.0 if recorded_seconds else min(max((first - session.started_at).total_seconds(), 0.0), session.billed_seconds)
    )
    useful = min(_covered_seconds(session, silent), max(session.billed_seconds - startup - recorded_seconds, 0.0))
    return Seconds(useful=useful, startup=startup).scaled(1.0 / len(silent))


def _seconds(attempt: AttemptRecord) -> Seconds:
    return Seconds(
        useful=attempt.useful_seconds,
        redone=attempt.redone_seconds,
        checkpoint=attempt.checkpoint_seconds,
        startup=attempt.startup_seconds,
    )


def _covered_seconds(session: SessionRecord, attempts: Sequence[AttemptRecord]) -> float:
    """Length of the time in which at least one of the attempts ran."""
    covered, until = 0.0, session.started_at
    for attempt in sorted(attempts, key=lambda attempt: attempt.started_at):
        begin = max(attempt.started_at, until)
        until = max(until, min(attempt.ended_at or session.closed_at, session.closed_at))
        covered += max((until - begin).total_seconds(), 0.0)
    return covered


def _with_idle(billed: float, shares: dict[tuple[date, str | None], Seconds]) -> dict[tuple[date, str | None], Seconds]:
    """Shares out the rest of the session, in proportion to the work, evenly where there was none."""
    worked = sum(seconds.billed for seconds in shares.values())
    idle = max(billed - worked, 0.0)
    return {
        key: seconds + Seconds(idle=idle * (seconds.billed / worked if worked else 1.0 / len(shares)))
        for key, seconds in shares.items()
    }
