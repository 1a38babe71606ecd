"""Goodput: the share of machine time spent on work done for the first time, as the drill measured it and as the ledger
says.

The drill sees a child from outside: when it began and ended, and which steps it did when. It does not see the work
after a cohort's last step: the best epoch's figures, a few tenths of a second.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from coin_models.costs.ledger.accounts import Seconds, entries_of
from coin_models.costs.ledger.records import SessionRecord
from coin_models.costs.ledger.rows import LedgerRows
from coin_models.drill.child_run import Life, segments_in_order
from coin_models.pipeline.services import Services

_SAME_START_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Machine time, and how much of it was spent on steps done for the first time."""

    billed_seconds: float
    useful_seconds: float

    @property
    def goodput(self) -> float:
        """Useful over billed."""
        return self.useful_seconds / self.billed_seconds if self.billed_seconds else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoAccounts:
    """What the drill measured, and what the ledger made of the same lives."""

    seen: Account
    ledger: Account
    num_sessions: int
    num_unopened: int
    """Children that were killed before they opened a session."""
    unopened_seconds: float
    """How long those lived: the ledger does not know of them."""
    leaving_seconds: float
    """From the ends of the sessions to those of their processes: a last heartbeat to the kill, the interpreter's own end."""
    parts_error_seconds: float
    """The most by which the parts of any session miss the whole."""


def seen_account(lives: Sequence[Life]) -> Account:
    """Each segment's seconds, less its share of steps that an earlier child had done."""
    reached: dict[int, int] = {}
    useful = 0.0
    for segment in segments_in_order(lives):
        steps = segment.last_step - segment.first_step
        again = max(0, min(reached.get(segment.cohort, 0), segment.last_step) - segment.first_step)
        useful += segment.seconds * (1 - again / steps) if steps else 0.0
        reached[segment.cohort] = max(reached.get(segment.cohort, 0), segment.last_step)
    return Account(billed_seconds=sum(life.seconds for life in lives), useful_seconds=useful)


def two_accounts(services: Services, lives: Sequence[Life]) -> TwoAccounts:
    """Reads the killed home's ledger beside the lives that were seen in it."""
    sessions, attempts = LedgerRows(services.database).since(datetime.min.replace(tzinfo=UTC))
    entries = entries_of(sessions, attempts)
    whole = sum((entry.seconds for entry in entries), Seconds())
    errors = [
        abs(session.billed_seconds - sum(entry.seconds.billed for entry in entries if entry.session is session))
        for session in sessions
    ]
    opened = [(life, session) for life in lives for session in sessions if _is_of(session, life)]
    unopened = [life for life in lives if not any(_is_of(session, life) for session in sessions)]
    return TwoAccounts(
        seen=seen_account(lives),
        ledger=Account(billed_seconds=whole.billed, useful_seconds=whole.useful),
        num_sessions=len(sessions),
        num_unopened=len(unopened),
        unopened_seconds=sum(life.seconds for life in unopened),
        leaving_seconds=sum((life.ended_at - session.closed_at).total_seconds() for life, session in opened),
        parts_error_seconds=max(errors, default=0.0),
    )


def _is_of(session: SessionRecord, life: Life) -> bool:
    """A session is billed from the start of its process, by a clock that counts in hundredths; ids come round again."""
    return (
        session.process_id == life.process_id
        and abs((life.ended_at - session.started_at).total_seconds() - life.seconds) < _SAME_START_SECONDS
    )
