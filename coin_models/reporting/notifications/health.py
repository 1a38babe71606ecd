"""The state of the channels, as `coin-models doctor` and `coin-models notify` show it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import and_, func, select

from coin_models.db.engine import Database
from coin_models.db.schema import outbox
from coin_models.reporting.notifications.channels import Channel

_DEAD_AFTER_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelHealth:
    """One channel's state."""

    label: str
    num_waiting: int
    num_given_up: int
    """Since the last message that it took."""
    most_tries: int
    """Of a message that waits."""
    last_delivered_at: datetime | None
    last_error: str | None

    @property
    def is_dead(self) -> bool:
        """Whether the channel fails: a message was dropped since the last success, or tried several times."""
        return self.num_given_up > 0 or self.most_tries >= _DEAD_AFTER_TRIES

    def to_json(self) -> dict[str, object]:
        """For `--json`: plain values."""
        last = self.last_delivered_at
        return {**asdict(self), "last_delivered_at": last.isoformat() if last else None, "is_dead": self.is_dead}


def channel_health(database: Database, channels: Sequence[Channel]) -> list[ChannelHealth]:
    """The state of every channel."""
    return [_health(database, channel) for channel in channels]


def _health(database: Database, channel: Channel) -> ChannelHealth:
    ours = outbox.c.channel == channel.channel_id
    waiting = and_(ours, outbox.c.delivered_at.is_(None), outbox.c.given_up_at.is_(None))
    with database.read() as connection:
        last = connection.execute(select(func.max(outbox.c.delivered_at)).where(ours)).scalar_one()
        given_up = and_(ours, outbox.c.given_up_at.is_not(None))
        if last is not None:
            given_up = and_(given_up, outbox.c.given_up_at > last)
        errors = (
            select(outbox.c.last_error)
            .where(ours, outbox.c.last_error.is_not(None), outbox.c.delivered_at.is_(None))
            .order_by(outbox.c.id.desc())
            .limit(1)
        )
        return ChannelHealth(
            label=channel.label,
            num_waiting=connection.execute(select(func.count()).where(waiting)).scalar_one(),
            num_given_up=connection.execute(select(func.count()).where(given_up)).scalar_one(),
            most_tries=connection.execute(
                select(func.coalesce(func.max(outbox.c.attempts), 0)).where(waiting)
            ).scalar_one(),
            last_delivered_at=last,
            last_error=connection.execute(errors).scalar_one_or_none(),
        )
