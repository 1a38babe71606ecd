"""The outbox: pending messages in the database, a row per event and channel.

A row is claimed before its message is sent and settled after it. If the sender dies in between, the claim expires and
the message is sent again: at least once. The same event posted again, from a sensor, the CLI or a repeated run, changes
nothing: never twice.
"""

import logging
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Connection, Row, func, or_, select, update

from coin_models.clock import Clock
from coin_models.db.engine import Database
from coin_models.db.schema import outbox
from coin_models.db.upsert import insert_for
from coin_models.errors import DatabaseError
from coin_models.reporting.notifications.messages import BURST_KINDS, Message, MessageKind, Severity
from coin_models.reporting.notifications.rendering import Rendered, render, render_burst
from coin_models.settings.costs import NotifySettings

if TYPE_CHECKING:  # apprise takes a fifth of a second to import
    from coin_models.reporting.notifications.channels import Channel

_logger = logging.getLogger(__name__)

_CLAIM = timedelta(seconds=120)  # longer than any sending; then the claimer is dead
_LONGEST_BACKOFF = timedelta(hours=1)
_LONGEST_SILENCE = 12  # bursts: times burst_minutes after which an endless burst is reported again
_UNSENT = outbox.c.delivered_at.is_(None) & outbox.c.given_up_at.is_(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A message to be sent now, and the rows that it settles."""

    row_ids: tuple[int, ...]
    claimed_by: str
    num_tries: int
    """This one included."""
    message: Rendered


class Outbox:
    """Pending messages of the configured channels."""

    def __init__(
        self, database: Database, clock: Clock, settings: NotifySettings, *, channels: Sequence["Channel"]
    ) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings
        self._channels = tuple(channels)

    def post(self, message: Message) -> bool:
        """Posts an event to each channel that takes it; one posted before changes nothing. Returns whether it is new."""
        rows = self._rows(message)
        if not rows:
            return False
        with self._database.begin() as connection:
            return _insert(connection, rows) > 0

    def post_or_log(self, message: Message) -> bool:
        """Posts; where the database refuses, logs and returns false. Training calls this: a message is never worth it."""
        try:
            return self.post(message)
        except DatabaseError as error:
            _logger.warning("a message was not written", extra={"event_key": message.event_key, "reason": str(error)})
            return False

    def is_known(self, event_key: str) -> bool:
        """Whether the event, one that every channel takes, was already posted to each: then its message is not needed."""
        ids = [channel.channel_id for channel in self._channels]
        query = select(func.count()).where(outbox.c.event_key == event_key, outbox.c.channel.in_(ids))
        with self._database.read() as connection:
            return int(connection.execute(query).scalar_one()) == len(ids)

    def claim(self, channel_id: str) -> Claim | None:
        """Takes the next message due for a channel, so that no other process sends it meanwhile; none when nothing is due."""
        now = self._clock.now()
        claimed_by = uuid.uuid4().hex
        with self._database.begin() as connection:
            rows = self._next(connection, channel_id, now)
            if not rows:
                return None
            free = outbox.c.id.in_([row.id for row in rows]) & _UNSENT & _unclaimed(now)
            taken = connection.execute(
                update(outbox)
                .where(free)
                .values(claimed_by=claimed_by, claimed_until=now + _CLAIM, attempts=outbox.c.attempts + 1)
                .returning(outbox.c.id)
            )
            ids = set(taken.scalars())
        rows = [row for row in rows if row.id in ids]
        if not rows:
            return None
        tries = max(row.attempts for row in rows) + 1
        return Claim(
            row_ids=tuple(row.id for row in rows), claimed_by=claimed_by, num_tries=tries, message=_rendered(rows)
        )

    def delivered(self, claim: Claim) -> None:
        """Settles a message that the channel took."""
        self._settle(claim, delivered_at=self._clock.now(), last_error=None)

    def failed(self, claim: Claim, reason: str) -> bool:
        """Puts a message back with a longer wait; drops it after `max_attempts`. Returns whether it was dropped."""
        now = self._clock.now()
        if claim.num_tries >= self._settings.max_attempts:
            self._settle(claim, given_up_at=now, last_error=reason)
            return True
        wait = timedelta(seconds=self._settings.retry_seconds * 2.0 ** (claim.num_tries - 1))
        self._settle(claim, not_before=now + min(wait, _LONGEST_BACKOFF), last_error=reason)
        return False

    def _rows(self, message: Message) -> list[dict[str, object]]:
        now = self._clock.now()
        payload = {"title": message.title, "lines": list(message.lines), "severity": message.severity.value}
        return [
            {
                "event_key": message.event_key,
                "channel": channel.channel_id,
                "kind": message.kind.value,
                "payload": payload,
                "created_at": now,
                "not_before": now,
            }
            for channel in self._channels
            if channel.takes(message)
        ]

    def _next(self, connection: Connection, channel_id: str, now: datetime) -> Sequence[Row[tuple[object, ...]]]:
        """The rows of the next message: a single event, or all that a burst has brought."""
        burst = [kind.value for kind in BURST_KINDS]
        due = select(outbox).where(outbox.c.channel == channel_id, _UNSENT, _unclaimed(now)).order_by(outbox.c.id)
        single = due.where(outbox.c.kind.not_in(burst), outbox.c.not_before <= now).limit(1)
        rows = connection.execute(single).all()
        if rows:
            return rows
        pending = connection.execute(due.where(outbox.c.kind.in_(burst))).all()
        return pending if pending and self._burst_is_due(connection, channel_id, pending, now) else []

    def _burst_is_due(
        self, connection: Connection, channel_id: str, pending: Sequence[Row[tuple[object, ...]]], now: datetime
    ) -> bool:
        """A burst is reported when it begins and when it is over: after `burst_minutes` without an event."""
        if any(row.not_before > now for row in pending):
            return False
        calm = timedelta(minutes=self._settings.burst_minutes)
        is_settled = or_(outbox.c.delivered_at.is_not(None), outbox.c.given_up_at.is_not(None), ~_unclaimed(now))
        last_settled = connection.execute(
            select(func.max(outbox.c.created_at)).where(
                outbox.c.channel == channel_id, outbox.c.kind.in_([kind.value for kind in BURST_KINDS]), is_settled
            )
        ).scalar_one()
        first, last = pending[0].created_at, pending[-1].created_at
        begins = last_settled is None or first - last_settled >= calm
        return begins or now - last >= calm or now - first >= calm * _LONGEST_SILENCE

    def _settle(self, claim: Claim, **values: object) -> None:
        ours = outbox.c.id.in_(claim.row_ids) & (outbox.c.claimed_by == claim.claimed_by)
        with self._database.begin() as connection:
            connection.execute(update(outbox).where(ours).values(claimed_by=None, claimed_until=None, **values))


def _unclaimed(now: datetime) -> ColumnElement[bool]:
    return or_(outbox.c.claimed_until.is_(None), outbox.c.claimed_until < now)


def _insert(connection: Connection, rows: list[dict[str, object]]) -> int:
    written = connection.execute(
        insert_for(connection, outbox).values(rows).on_conflict_do_nothing().returning(outbox.c.id)
    )
    return len(written.all())


def _rendered(rows: Sequence[Row[tuple[object, ...]]]) -> Rendered:
    if len(rows) == 1:
        payload = rows[0].payload
        return render(payload["title"], payload["lines"], Severity(payload["severity"]))
    return render_burst([(MessageKind(row.kind), row.payload["lines"]) for row in rows])
