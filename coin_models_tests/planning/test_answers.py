from datetime import timedelta

import pytest

from coin_models.clock import FixedClock
from coin_models.db.engine import Database
from coin_models.planning.answers import hazard_now, ledger_of, plan_tonight
from coin_models.planning.workload import measured_workload
from coin_models.settings.costs import CostSettings
from coin_models_tests.planning.builders import DAY, NIGHT
from coin_models_tests.planning.rows import add_attempt, add_session

COSTS = CostSettings()
LATER = FixedClock(NIGHT + timedelta(days=1))


def test_what_a_day_cost_is_answered_from_the_database(database: Database) -> None:
    add_session(database, "s1", gpu="RTX 3090", ended_at=NIGHT + timedelta(hours=1), end_reason="finished")
    add_attempt(database, "s1", "BTC", useful_seconds=1800.0)
    add_attempt(database, "s1", "BTC", days_later=-40, useful_seconds=900.0)

    line = ledger_of(database, COSTS, DAY, DAY).total()

    # two thirds of an hour at 0.20 are this day's; idle time is shared in proportion
    assert line.cost_usd == pytest.approx(0.2 * 2 / 3)
    assert line.on_demand_usd == pytest.approx(0.5 * 0.6)


def test_our_own_interruptions_raise_the_hazard_of_their_hour(database: Database) -> None:
    before = hazard_now(database, COSTS, LATER)
    add_session(database, "s1", gpu="RTX 3090", ended_at=NIGHT + timedelta(minutes=30), end_reason="interrupted")

    after = hazard_now(database, COSTS, LATER)

    assert after.hours[2].num_taken == 1
    assert after.hours[2].rate_per_hour > before.hours[2].rate_per_hour
    assert after.hours[12] == before.hours[12]


def test_a_plan_uses_our_own_durations_before_measured_and_published_ones(database: Database) -> None:
    published = plan_tonight(database, COSTS, LATER, num_coins=2)
    measured = plan_tonight(database, COSTS, LATER, num_coins=2, measured=measured_workload(30.0))
    add_session(database, "s1")
    add_attempt(database, "s1", "BTC", useful_seconds=12.0, startup_seconds=7.0)
    own = plan_tonight(database, COSTS, LATER, num_coins=2, measured=measured_workload(30.0))

    assert [plan.seconds_per_coin for plan in (published, measured, own)] == [270.0, 30.0, 12.0]
    assert own.workload.startswith("own history")
    assert own.options[0].night is not None
    # 2 coins x 12 s and the 7 s that the session took to start up
    assert own.options[0].night.cost_usd == pytest.approx(31.0 / 3600.0 * 0.6, rel=1e-6)
