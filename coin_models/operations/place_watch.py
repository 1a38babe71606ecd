"""Remembers when places that unavailable coin-days wait for were last seen to answer: pauses from before end then.

A pause after an error of a place grows to 15 minutes, and an outage that ends within it would cost all of them. So what
waits is released as soon as a probe (pipeline/probing.py) is answered. A probe does not see everything: a run
may fail all the same. So a release is a turn: the next one is due after a pause that doubles, like those of runs.

The row is shared by all processes: the sensor writes it, and the run that it requests plans by it.
"""

import uuid
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from coin_models.db.engine import Database
from coin_models.db.schema import leases
from coin_models.operations.leases import LeaseBook

PLACES: Final = "watch/places"
"""Name of the turn that a release takes."""

_FORGOTTEN_AFTER = 2  # times the longest pause; later releases begin with the shortest pause


class PlaceWatch:
    """The releases of what waits for a place."""

    def __init__(self, database: Database, leases: LeaseBook, *, first_seconds: float, most_seconds: float) -> None:
        self._database, self._leases = database, leases
        self._first, self._most = timedelta(seconds=first_seconds), timedelta(seconds=most_seconds)

    def answered_at(self) -> datetime | None:
        """When what waited was last released, by the database's clock; None: never."""
        row = self._row()
        return None if row is None else row[0]

    def release(self, now: datetime) -> bool:
        """Ends the pauses of attempts that have ended by now; false where the last release is too recent."""
        tokens = self._leases.acquire([PLACES], uuid.uuid4().hex, lifetime=self._next_pause(now))
        return bool(tokens)

    def _next_pause(self, now: datetime) -> timedelta:
        row = self._row()
        if row is None or now - row[0] > _FORGOTTEN_AFTER * self._most:
            return self._first
        released_at, next_from = row
        return min(2 * (next_from - released_at), self._most)

    def _row(self) -> tuple[datetime, datetime] | None:
        with self._database.read() as connection:
            query = select(leases.c.acquired_at, leases.c.expires_at).where(leases.c.name == PLACES)
            row = connection.execute(query).one_or_none()
            return None if row is None else (row.acquired_at, row.expires_at)
