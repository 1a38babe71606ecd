from datetime import timedelta

from coin_models.costs.ledger.rows import LedgerRows
from coin_models.db.engine import Database
from coin_models_tests.costs.builders import DAY, NIGHT
from coin_models_tests.costs.rows import add_attempt, add_session


def test_days_bring_their_sessions_with_all_their_attempts(database: Database) -> None:
    add_session(database, "both")
    add_attempt(database, "both", "BTC")
    add_attempt(database, "both", "BTC", days_later=-5)
    add_session(database, "other", days_later=1)
    add_attempt(database, "other", "BTC", days_later=1)

    rows, work = LedgerRows(database).of_days(DAY, DAY)

    assert [one.session_id for one in rows] == ["both"]
    assert [one.day for one in work] == [DAY, DAY - timedelta(days=5)]
    assert work[0].useful_seconds == 5.0


def test_days_bring_the_sessions_that_ran_idle_the_day_after_them(database: Database) -> None:
    add_session(database, "idle", ended_at=NIGHT + timedelta(hours=1), end_reason="finished")
    add_session(database, "idle later", days_later=1)

    rows, work = LedgerRows(database).of_days(DAY, DAY)

    assert [(one.session_id, one.gpu, one.billed_seconds) for one in rows] == [("idle", "unknown", 3600.0)]
    assert work == []


def test_sessions_are_found_since_a_moment(database: Database) -> None:
    add_session(database, "old", days_later=-3)
    add_session(database, "new")
    add_attempt(database, "new", "ETH")

    rows, work = LedgerRows(database).since(NIGHT)

    assert ([one.session_id for one in rows], [one.coin for one in work]) == (["new"], ["ETH"])
