"""What was attempted before there were requests is requested afterwards, coin by coin and day by day."""

from datetime import UTC, date, datetime

from sqlalchemy import insert, select

from coin_models.db.migrate import migrate
from coin_models.db.opening import open_database
from coin_models.db.schema import attempts, requests, sessions
from coin_models.settings.root import Settings
from coin_models_tests.db.earlier_schemas import migrate_to

FOURTEENTH, FIFTEENTH = date(2024, 8, 14), date(2024, 8, 15)
ATTEMPTS = [("ETH", FOURTEENTH, 1), ("BTC", FOURTEENTH, 2), ("BTC", FOURTEENTH, 3), ("BTC", FIFTEENTH, 1)]


def at(hour: int) -> datetime:
    return datetime(2024, 8, 16, hour, tzinfo=UTC)


SESSION = {
    "id": "s", "machine": "m", "provider": "local", "market": "owned", "price_usd_per_hour": 0.0, "process_id": 1,
    "host": "h", "code_version": "0.1", "started_at": at(1), "heartbeat_at": at(1),
}  # fmt: skip


def test_earlier_attempts_become_one_request_per_day(bare: Settings) -> None:
    database = open_database(bare, migrate=False)
    migrate_to(database, "0001")
    with database.begin() as connection:
        connection.execute(insert(sessions).values(SESSION))
        connection.execute(
            insert(attempts),
            [
                {"coin": coin, "day": day, "session_id": "s", "started_at": at(hour), "outcome": "failed"}
                for coin, day, hour in ATTEMPTS
            ],
        )

    migrate(database)

    with database.read() as connection:
        rows = connection.execute(select(requests).order_by(requests.c.first_day)).all()
    assert [(row.first_day, row.last_day, row.coins, row.asked_by) for row in rows] == [
        (FOURTEENTH, FOURTEENTH, ["BTC", "ETH"], "coin_models 0.1"),
        (FIFTEENTH, FIFTEENTH, ["BTC"], "coin_models 0.1"),
    ]
    assert (rows[0].asked_at in (at(1), at(3)), rows[1].asked_at) == (
        True,
        at(1),
    )  # the last attempt of one of its coins
    database.close()
