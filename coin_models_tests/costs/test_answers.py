from datetime import timedelta

import pytest

from coin_models.clock import FixedClock
from coin_models.costs.answers import hazard_now, ledger_of, own_workload, request_tonight, workload_as_published
from coin_models.costs.planner import make_cost_plan
from coin_models.costs.workload import measured_workload
from coin_models.db.engine import Database
from coin_models.settings.costs import CostSettings
from coin_models_tests.costs.builders import DAY, NIGHT
from coin_models_tests.costs.rows import add_attempt, add_session

COSTS = CostSettings()
LATER = FixedClock(NIGHT + timedelta(days=1))


def test_what_a_day_cost_is_answered_from_the_database(database: Database) -> None:
    add_session(database, "s1", gpu="RTX 3090", ended_at=NIGHT + timedelta(hours=1), end_reason="finished")
    add_attempt(database, "s1", "BTC", useful_seconds=1800.0)
    add_attempt(database, "s1", "BTC", days_later=-40, useful_seconds=900.0)

    line = ledger_of(database, COSTS, DAY, DAY).total()

    # two thirds of an hour are this day's, at 0.20 here and at 0.60 on-demand; idle time is shared in proportion
    assert line.cost_usd == pytest.approx(0.2 * 2 / 3)
    assert line.on_demand_usd == pytest.approx(0.6 * 2 / 3)


def test_our_own_interruptions_raise_the_hazard_of_their_hour(database: Database) -> None:
    before = hazard_now(database, COSTS, LATER)
    add_session(database, "s1", gpu="RTX 3090", ended_at=NIGHT + timedelta(minutes=30), end_reason="interrupted")

    after = hazard_now(database, COSTS, LATER)

    assert after.hours[2].num_taken == 1
    assert after.hours[2].rate_per_hour > before.hours[2].rate_per_hour
    assert after.hours[12] == before.hours[12]


def test_a_plan_uses_the_durations_given_else_our_own_else_published_ones(database: Database) -> None:
    published = make_cost_plan(request_tonight(database, COSTS, LATER, num_coins=2))
    add_session(database, "s1", ended_at=NIGHT + timedelta(seconds=19), end_reason="finished")
    add_attempt(database, "s1", "BTC", useful_seconds=12.0, startup_seconds=7.0)
    own = make_cost_plan(request_tonight(database, COSTS, LATER, num_coins=2))
    measured = make_cost_plan(request_tonight(database, COSTS, LATER, num_coins=2, workload=measured_workload(30.0)))

    assert [plan.seconds_per_coin for plan in (published, measured, own)] == [270.0, 30.0, 12.0]
    assert own.workload.startswith("own history")
    assert own.options[0].night is not None
    # 2 coins x 12 s and the 7 s that the session took to start up
    assert own.options[0].night.cost_usd == pytest.approx(31.0 / 3600.0 * 0.6, rel=1e-6)


def test_own_durations_are_none_until_something_was_trained(database: Database) -> None:
    before = own_workload(database, LATER)
    add_session(database, "s1", ended_at=NIGHT + timedelta(seconds=12), end_reason="finished")
    add_attempt(database, "s1", "BTC", useful_seconds=12.0)
    after = own_workload(database, LATER)

    assert before is None
    assert after is not None
    assert after.seconds_per_coin == 12.0


@pytest.mark.parametrize(
    ("num_coins", "seconds"),
    [
        (1, 270.0),  # twenty coins in 1.5 hours
        (20, 270.0),
        (21, 6 * 3600 / 21),  # all coins in 6 hours, however many they are
        (500, 43.2),
    ],
)
def test_published_durations_come_from_the_run_that_holds_so_many_coins(num_coins: int, seconds: float) -> None:
    assert workload_as_published(COSTS, num_coins).seconds_per_coin == pytest.approx(seconds)


def test_without_published_runs_there_is_nothing_to_plan_with() -> None:
    with pytest.raises(ValueError, match="published_runs is empty"):
        workload_as_published(CostSettings(published_runs=()), 20)
