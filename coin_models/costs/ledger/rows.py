"""Reads sessions and attempts for the ledger, the hazard and the planner."""

from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import ColumnElement, Row, and_, or_, select

from coin_models.costs.ledger.records import AttemptRecord, SessionRecord
from coin_models.db.engine import Database
from coin_models.db.schema import attempts, sessions


class LedgerRows:
    """What happened on machines, from the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_days(self, first: date, last: date) -> tuple[list[SessionRecord], list[AttemptRecord]]:
        """Sessions that worked for the trading days first..last, or ran idle the day after one, with all attempts."""
        idle_from, idle_until = _midnight(first + timedelta(days=1)), _midnight(last + timedelta(days=2))
        ours = sessions.c.id.in_(select(attempts.c.session_id).where(attempts.c.day.between(first, last)))
        idle = sessions.c.id.not_in(select(attempts.c.session_id))
        began = and_(sessions.c.started_at >= idle_from, sessions.c.started_at < idle_until)
        return self._read(or_(ours, and_(began, idle)))

    def since(self, moment: datetime) -> tuple[list[SessionRecord], list[AttemptRecord]]:
        """Sessions that began since then, with their attempts."""
        return self._read(sessions.c.started_at >= moment)

    def alive_since(self, moment: datetime) -> tuple[list[SessionRecord], list[AttemptRecord]]:
        """Sessions that had not ended by then, whenever they began, with their attempts."""
        return self._read(or_(sessions.c.ended_at.is_(None), sessions.c.ended_at >= moment))

    def _read(self, wanted: ColumnElement[bool]) -> tuple[list[SessionRecord], list[AttemptRecord]]:
        machine = select(sessions).where(wanted).order_by(sessions.c.started_at, sessions.c.id)
        work = select(attempts).join(sessions, sessions.c.id == attempts.c.session_id).where(wanted)
        with self._database.read() as connection:
            return (
                [_session(row) for row in connection.execute(machine)],
                [_attempt(row) for row in connection.execute(work.order_by(attempts.c.id))],
            )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _session(row: Row[tuple[object, ...]]) -> SessionRecord:
    return SessionRecord(
        session_id=row.id,
        provider=row.provider,
        market=row.market,
        gpu=row.gpu or "unknown",
        price_usd_per_hour=row.price_usd_per_hour,
        started_at=row.started_at,
        heartbeat_at=row.heartbeat_at,
        process_id=row.process_id,
        ended_at=row.ended_at,
        end_reason=row.end_reason,
    )


def _attempt(row: Row[tuple[object, ...]]) -> AttemptRecord:
    return AttemptRecord(
        coin=row.coin,
        day=row.day,
        session_id=row.session_id,
        outcome=row.outcome,
        started_at=row.started_at,
        ended_at=row.ended_at,
        useful_seconds=row.useful_seconds,
        redone_seconds=row.redone_seconds,
        checkpoint_seconds=row.checkpoint_seconds,
        startup_seconds=row.startup_seconds,
    )
