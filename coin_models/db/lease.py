"""The fencing token of a lease, and its check inside the transaction that it guards.

The registry and the leases' repository share it. Leases are acquired and renewed in operations/leases.py.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from coin_models.db.schema import leases
from coin_models.errors import LeaseLost


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseToken:
    """A lease as its holder knows it; `token` grows with each acquisition of `name`."""

    name: str
    session_id: str
    token: int


def require_held(connection: Connection, held: LeaseToken, now: datetime) -> None:
    """Locks the lease's row for the rest of the transaction and refuses a holder that has lost it.

    Raises:
        LeaseLost: the lease has expired or another session has acquired it since.
    """
    row = connection.execute(
        select(leases.c.session_id, leases.c.token, leases.c.expires_at)
        .where(leases.c.name == held.name)
        .with_for_update()
    ).one_or_none()
    if row is None or row.token != held.token or row.session_id != held.session_id:
        raise LeaseLost(
            f"lease {held.name!r} of session {held.session_id} was taken over by another session; nothing was committed"
        )
    if row.expires_at <= now:
        raise LeaseLost(
            f"lease {held.name!r} of session {held.session_id} expired at {row.expires_at:%H:%M:%S}; nothing was committed"
        )
