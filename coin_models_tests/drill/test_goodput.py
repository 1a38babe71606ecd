"""The share of machine time spent on steps done for the first time, calculated manually."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from coin_models.drill.goodput import seen_account, two_accounts
from coin_models.pipeline.services import Services
from coin_models.settings.root import Settings
from coin_models_tests.costs.rows import add_attempt, add_session
from coin_models_tests.drill.child_runs import life


def test_a_lives_useful_seconds_are_those_of_its_new_steps() -> None:
    lives = [
        life((1, 0, 50), killed_in="later epochs"),  # 5 s
        life((1, 40, 60), killed_in="later epochs"),  # 2 s for 20 steps, 10 of them new: 1 s
        life((1, 55, 58), killed_in="later epochs"),  # killed before it caught up: nothing
        life((1, 55, 100)),  # 4.5 s for 45 steps, 40 of them new: 4 s
        life((2, 0, 100)),  # the next day: 10 s
    ]

    account = seen_account(lives)

    assert account.useful_seconds == pytest.approx(5.0 + 1.0 + 0.0 + 4.0 + 10.0)
    assert account.goodput == pytest.approx(20.0 / 100.0)  # of 5 lives of 20 s


NIGHT = datetime(2024, 8, 2, 3, tzinfo=UTC)


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    with Services(settings=Settings(home=tmp_path)) as opened:
        yield opened


def test_a_step_without_any_progress_and_no_child_at_all_are_no_goodput() -> None:
    assert seen_account([life((1, 5, 5))]).useful_seconds == 0.0
    assert seen_account([]).goodput == 0.0


def test_a_child_is_told_from_the_sessions_by_process_id_and_start(services: Services) -> None:
    # A child of 20 s that ended at 03:00:00 began at 02:59:40; its session was last seen 2 s before its end.
    began = NIGHT - timedelta(seconds=20)
    seen = {"started_at": began, "heartbeat_at": NIGHT, "ended_at": NIGHT - timedelta(seconds=2)}
    add_session(services.database, "of the child", process_id=4711, **seen)
    reused_id = {**seen, "started_at": began - timedelta(hours=1)}
    add_session(services.database, "of an older process", process_id=4711, **reused_id)
    add_session(services.database, "of another worker", process_id=4713, **seen)
    unopened = replace(life(), process_id=4712, seconds=3.0)

    accounts = two_accounts(services, [life((1, 0, 50)), unopened])

    assert (accounts.num_sessions, accounts.num_unopened, accounts.unopened_seconds) == (3, 1, 3.0)
    assert accounts.leaving_seconds == 2.0
    assert accounts.seen.billed_seconds == 23.0


def test_the_ledgers_parts_of_a_session_sum_to_its_whole(services: Services) -> None:
    ended = {"started_at": NIGHT - timedelta(seconds=20), "heartbeat_at": NIGHT, "ended_at": NIGHT}
    add_session(services.database, "s1", process_id=4711, **ended)
    add_attempt(services.database, "s1", "BTC", useful_seconds=5.0, started_at=NIGHT - timedelta(seconds=10))

    accounts = two_accounts(services, [life((1, 0, 50))])

    assert accounts.ledger.billed_seconds == pytest.approx(20.0)
    assert accounts.ledger.goodput == pytest.approx(5.0 / 20.0)
    assert accounts.parts_error_seconds == pytest.approx(0.0)
