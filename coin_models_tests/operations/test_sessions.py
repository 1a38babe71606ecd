"""Sessions record their arithmetic."""

from datetime import UTC, datetime

from sqlalchemy import select

from coin_models.clock import FixedClock
from coin_models.db.database_clock import MachineClock
from coin_models.db.engine import Database
from coin_models.db.schema import sessions
from coin_models.operations.sessions import SessionLog
from coin_models.settings.costs import CostSettings


def test_a_session_has_no_arithmetic_until_it_fits(database: Database) -> None:
    log = SessionLog(database, MachineClock(FixedClock(datetime(2024, 8, 16, 2, tzinfo=UTC))))
    idle = log.open(CostSettings(), code_version="v")
    fitting = log.open(CostSettings(), code_version="v")

    log.note_arithmetic(fitting.session_id, "cpu AVX2, float32")

    with database.read() as connection:
        arithmetics = {
            row.id: row.arithmetic for row in connection.execute(select(sessions.c.id, sessions.c.arithmetic))
        }
    assert arithmetics == {idle.session_id: None, fitting.session_id: "cpu AVX2, float32"}
