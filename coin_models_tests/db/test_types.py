"""Column types that are the same on both back ends."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select
from sqlalchemy.exc import StatementError

from coin_models.db.engine import Database
from coin_models.db.schema import leases, requests
from coin_models_tests.db.lease_rows import NOON, add_lease


def test_times_come_back_utc_aware_to_the_microsecond_whatever_zone_they_went_in(database: Database) -> None:
    with database.begin() as connection:
        add_lease(connection, "utc", at=NOON)
        add_lease(connection, "kathmandu", at=NOON.astimezone(timezone(timedelta(hours=5, minutes=45))))

    with database.read() as connection:
        moments = connection.execute(select(leases.c.acquired_at)).scalars().all()
    assert moments == [NOON, NOON]
    assert {moment.tzinfo for moment in moments} == {UTC}


def test_times_are_compared_as_times(database: Database) -> None:
    with database.begin() as connection:
        add_lease(connection, "early", at=NOON)
        add_lease(connection, "late", at=NOON + timedelta(microseconds=1))

    with database.read() as connection:
        query = select(leases.c.name).where(leases.c.expires_at > NOON.astimezone(timezone(timedelta(hours=-7))))
        assert connection.execute(query).scalars().all() == ["late"]


def test_a_naive_time_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="has no time zone"), database.begin() as connection:
        add_lease(connection, at=datetime(2024, 8, 15))  # noqa: DTZ001 - that is the point


def test_json_comes_back_as_it_went_in(database: Database) -> None:
    with database.begin() as connection:
        rows = [
            {"first_day": NOON.date(), "coins": coins, "asked_by": "a", "asked_at": NOON}
            for coins in (["BTC", "ä"], [])
        ]
        connection.execute(requests.insert(), rows)

    with database.read() as connection:
        assert connection.execute(select(requests.c.coins).order_by(requests.c.id)).scalars().all() == [
            ["BTC", "ä"],
            [],
        ]


def test_ids_count_from_one_by_themselves(database: Database) -> None:
    with database.begin() as connection:
        for _ in range(2):
            connection.execute(requests.insert(), {"first_day": NOON.date(), "asked_by": "a", "asked_at": NOON})

    with database.read() as connection:
        assert connection.execute(select(requests.c.id).order_by(requests.c.id)).scalars().all() == [1, 2]
