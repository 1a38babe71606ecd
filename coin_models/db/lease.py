"""The fencing token of a lease, and its check inside the transaction that it guards.

The registry and the leases' repository share it. Leases are acquired and renewed in operations/leases.py.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from coin_models.db.schema import leases
from coin_models.errors import LeaseLost


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseToken:
    """A lease as its holder knows it; `token` grows with each acquisition of `name`."""

    name: str
    session_id: str
    token: int


def require_held(connection: Connection, held: LeaseToken) -> None:
    """Locks the lease's row for the rest of the transaction and refuses a holder that has lost it.

    A lease that ran out and was not taken is still held: while the row is locked, no other session can take it.

    Raises:
        LeaseLost: another session has acquired the lease since, or this one was closed as dead.
    """
    row = connection.execute(
        select(leases.c.session_id, leases.c.token).where(leases.c.name == held.name).with_for_update()
    ).one_or_none()
    if row is None or (row.session_id, row.token) != (held.session_id, held.token):
        raise LeaseLost(
            f"session {held.session_id} no longer holds the lease {held.name!r}: another session took it over, or closed "
            "this one as dead; nothing was committed"
        )
