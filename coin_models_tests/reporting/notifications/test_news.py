"""Interruptions and resumes as the tables tell them."""

from datetime import date, datetime, timedelta

from sqlalchemy import insert

from coin_models.db.engine import Database
from coin_models.db.schema import attempts, sessions
from coin_models.reporting.notifications.news import interruptions, resumes
from coin_models_tests.reporting.notifications.outboxes import DAY

NOW = datetime.fromisoformat("2025-03-02T02:10:00+00:00")


def add_session(
    database: Database, name: str, *, reason: str | None, ended_at: datetime = NOW, **values: object
) -> None:
    row = {
        "id": name, "machine": f"machine of {name}", "provider": "runpod", "market": "spot", "price_usd_per_hour": 0.2,
        "process_id": 1, "host": "h", "code_version": "c", "started_at": NOW - timedelta(hours=1), "heartbeat_at": NOW,
        "ended_at": ended_at, "end_reason": reason, **values,
    }  # fmt: skip
    with database.begin() as connection:
        connection.execute(insert(sessions).values(row))


def add_attempt(database: Database, session_id: str, coin: str, *, day: date = DAY, **values: object) -> None:
    row = {
        "coin": coin, "day": day, "session_id": session_id, "outcome": "done", "action": "resumed", "started_at": NOW,
        "ended_at": NOW, **values,
    }  # fmt: skip
    with database.begin() as connection:
        connection.execute(insert(attempts).values(row))


def test_an_interruption_says_what_was_saved_in_its_grace(database: Database) -> None:
    add_session(database, "a", reason="interrupted", grace_used_seconds=0.42)
    add_session(database, "b", reason="interrupted")
    add_session(database, "c", reason="lost")

    messages = interruptions(database, NOW, grace_seconds=5.0)

    assert [message.lines[0] for message in messages] == [
        "03-02 02:10 UTC: machine of a was interrupted, saved in 0.4 of 5.0 s",
        "03-02 02:10 UTC: machine of b was interrupted, between two fits; finished work is kept",
        "03-02 02:10 UTC: machine of c was interrupted, without notice; its last checkpoint is kept",
    ]


def test_sessions_that_ended_by_themselves_or_before_are_no_news(database: Database) -> None:
    add_session(database, "finished", reason="finished")
    add_session(database, "failed", reason="failed")
    add_session(database, "early", reason="lost", ended_at=NOW - timedelta(seconds=1))

    assert interruptions(database, NOW, grace_seconds=5.0) == []


def test_the_coins_of_a_day_that_a_session_resumed_are_one_message(database: Database) -> None:
    add_session(database, "a", reason="finished")
    for coin in ("BTC", "ETH"):
        add_attempt(database, "a", coin)
    add_attempt(database, "a", "BTC", day=DAY + timedelta(days=1))

    messages = resumes(database, NOW)

    assert [(message.event_key, message.lines[0]) for message in messages] == [
        ("resume:a:2025-03-01", "03-02 02:10 UTC: machine of a resumed 2 coins of 2025-03-01"),
        ("resume:a:2025-03-02", "03-02 02:10 UTC: machine of a resumed 1 coins of 2025-03-02"),
    ]


def test_only_finished_resumes_since_the_moment_are_news(database: Database) -> None:
    add_session(database, "a", reason="finished")
    add_attempt(database, "a", "BTC", action="trained")
    add_attempt(database, "a", "ETH", outcome="failed")
    add_attempt(database, "a", "SOL", ended_at=NOW - timedelta(seconds=1))

    assert resumes(database, NOW) == []
