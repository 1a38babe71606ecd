"""Hypothesis strategies of the tests of costs: deadlines, budgets, ledger histories."""

from datetime import timedelta

from hypothesis import strategies as st

from coin_models.costs.ledger.records import AttemptRecord, SessionRecord
from coin_models_tests.costs.builders import DAY, at, attempt, session

DEADLINE_HOURS = st.floats(2.5, 9.0)
BUDGETS_USD = st.floats(0.02, 1.5)
SECONDS = st.floats(0.0, 900.0)


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[SessionRecord], list[AttemptRecord]]:
    sessions, attempts = [], []
    for number in range(draw(st.integers(1, 4))):
        name, begin = f"s{number}", number * 4000.0
        length = draw(st.floats(0.0, 3900.0))
        reason = draw(st.sampled_from(["finished", "interrupted", "died", "failed"]))
        open_end = draw(st.booleans())
        end = None if open_end else begin + length
        sessions.append(session(name, begin=begin, end=end, reason=reason, heartbeat_at=at(begin + length)))
        for coin in draw(st.lists(st.sampled_from(["BTC", "ETH", "SOL"]), max_size=4)):
            killed = draw(st.booleans())
            parts = (
                {}
                if killed
                else {
                    name: draw(SECONDS)
                    for name in ("useful_seconds", "redone_seconds", "checkpoint_seconds", "startup_seconds")
                }
            )
            day = DAY - timedelta(days=draw(st.integers(0, 40)))
            outcome = draw(st.sampled_from(["interrupted", "running"] if killed else ["done", "failed", "interrupted"]))
            start = begin + draw(st.floats(0.0, 1.0)) * length
            attempts.append(attempt(coin, in_session=name, begin=start, day=day, outcome=outcome, **parts))
    return sessions, attempts
