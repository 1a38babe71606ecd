"""Tables of trading: a pattern takes its matches along, and no match is of an unknown pattern."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import delete, func, insert, select

from coin_models.db.engine import Database
from coin_models.db.trading_schema import pattern_matches, patterns
from coin_models.errors import DatabaseError

DAY, NOON = date(2024, 8, 15), datetime(2024, 8, 15, 12, tzinfo=UTC)
PATTERN = {
    "day": DAY, "id": "p", "found_in": "BTC", "found_on": DAY, "shape": [0.0, 1.0], "first_seen": NOON, "last_seen": NOON,
    "num_matches": 8, "num_trades": 0, "trades_pnl_usd": 0.0, "outcome": {}, "outcome_by_coin": {}, "computed_at": NOON,
}  # fmt: skip
MATCH = {"day": DAY, "coin": "BTC", "rank": 1, "pattern_id": "p", "correlation": 0.95, "active": True}


def test_a_pattern_that_is_removed_takes_its_matches_along(database: Database) -> None:
    with database.begin() as connection:
        connection.execute(insert(patterns).values(PATTERN))
        connection.execute(insert(pattern_matches).values(MATCH))
    with database.begin() as connection:
        connection.execute(delete(patterns))

    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(pattern_matches)).scalar_one() == 0


def test_a_match_of_an_unknown_pattern_is_refused(database: Database) -> None:
    with pytest.raises(DatabaseError, match=r"(?i)foreign key"), database.begin() as connection:
        connection.execute(insert(pattern_matches).values(MATCH))
