"""Rows of the pattern library: one library per day, written as a whole; it replaces the earlier one of that day."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select

from coin_models.clock import Clock
from coin_models.db.engine import Database
from coin_models.db.trading_schema import pattern_matches, patterns
from coin_models.trading.patterns.library import Library, NearPattern, Pattern
from coin_models.trading.patterns.outcomes import PatternOutcome


class PatternRepository:
    """Pattern libraries in the database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def replace(self, connection: Connection, library: Library) -> None:
        """Writes a day's library instead of what was there; in the caller's transaction."""
        for table in (pattern_matches, patterns):
            connection.execute(delete(table).where(table.c.day == library.day))
        now = self._clock.now()
        if library.patterns:
            rows = [{**_pattern_row(pattern), "day": library.day, "computed_at": now} for pattern in library.patterns]
            connection.execute(insert(patterns), rows)
        if library.nearest:
            connection.execute(
                insert(pattern_matches), [{**asdict(near), "day": library.day} for near in library.nearest]
            )

    def newest(self, *, before: date | None = None) -> Library | None:
        """The newest library of a day before `before`, or of all days; None without one."""
        query = select(func.max(patterns.c.day))
        if before is not None:
            query = query.where(patterns.c.day < before)
        with self._database.read() as connection:
            day = connection.execute(query).scalar_one()
            return None if day is None else _load(connection, day)

    def load(self, day: date) -> Library:
        """The library of a day; empty where none was written."""
        with self._database.read() as connection:
            return _load(connection, day)


def _load(connection: Connection, day: date) -> Library:
    rows = connection.execute(select(patterns).where(patterns.c.day == day).order_by(patterns.c.id))
    found = tuple(_pattern_of(row) for row in rows)
    columns = pattern_matches.c
    matches = connection.execute(
        select(columns.coin, columns.rank, columns.pattern_id, columns.correlation, columns.active)
        .where(columns.day == day)
        .order_by(columns.coin, columns.rank)
    )
    return Library(day=day, patterns=found, nearest=tuple(NearPattern(**row._mapping) for row in matches))


def _pattern_row(pattern: Pattern) -> dict[str, Any]:
    return {
        "id": pattern.id,
        "found_in": pattern.found_in,
        "found_on": pattern.found_on,
        "shape": list(pattern.shape),
        "first_seen": pattern.first_seen,
        "last_seen": pattern.last_seen,
        "num_matches": pattern.outcome.num_matches,
        "num_trades": pattern.num_trades,
        "trades_pnl_usd": pattern.trades_pnl_usd,
        "q_value": pattern.outcome.q_value,
        "outcome": asdict(pattern.outcome),
        "outcome_by_coin": {coin: asdict(outcome) for coin, outcome in pattern.outcome_by_coin.items()},
    }


def _pattern_of(row: Row[Any]) -> Pattern:
    by_coin: Mapping[str, Mapping[str, Any]] = row.outcome_by_coin
    return Pattern(
        id=row.id,
        found_in=row.found_in,
        found_on=row.found_on,
        shape=tuple(row.shape),
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        outcome=PatternOutcome(**row.outcome),
        outcome_by_coin={coin: PatternOutcome(**outcome) for coin, outcome in by_coin.items()},
        num_trades=row.num_trades,
        trades_pnl_usd=row.trades_pnl_usd,
    )
