"""A plan of a drill that cannot be is refused before anything is started."""

import pytest

from coin_models.drill.drill import DrillPlan
from coin_models.errors import UsageError
from coin_models.market.sources.demo_coins import DEMO_COINS


@pytest.mark.parametrize(("num_kills", "num_coins"), [(0, 6), (10, 0), (10, 21)])
def test_a_plan_that_cannot_be_is_refused(num_kills: int, num_coins: int) -> None:
    with pytest.raises(UsageError):
        DrillPlan(num_kills=num_kills, num_coins=num_coins)


def test_a_cohort_of_no_coin_is_refused() -> None:
    with pytest.raises(UsageError, match="--cohort 0"):
        DrillPlan(cohort_size=0)


def test_a_drill_without_a_worker_or_a_day_is_refused() -> None:
    with pytest.raises(UsageError, match="--workers 0"):
        DrillPlan(num_workers=0)
    with pytest.raises(UsageError, match="--days 0"):
        DrillPlan(num_days=0)


def test_the_coins_of_a_drill_are_the_first_of_the_demo_market() -> None:
    assert DrillPlan(num_coins=2).coins == tuple(DEMO_COINS)[:2]
    assert len(DrillPlan(num_coins=len(DEMO_COINS)).coins) == len(DEMO_COINS)


def test_full_retrains_are_as_often_as_the_settings_of_the_drills_homes_say() -> None:
    assert DrillPlan().full_retrain_every_days == 3
    assert DrillPlan(variables=(("TRAINING_FULL_RETRAIN_EVERY_DAYS", "5"),)).full_retrain_every_days == 5
