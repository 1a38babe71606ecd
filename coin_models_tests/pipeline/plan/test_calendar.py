"""Which days are full retrains."""

from coin_models.pipeline.plan.calendar import parent_day
from coin_models_tests.pipeline.plan.strategies import WEEK


def test_full_retrains_are_spread_over_the_week() -> None:
    coins = [f"C{number}" for number in range(70)]

    weekdays = [sum(parent_day(coin, day, 7) is None for coin in coins) for day in WEEK]

    assert sum(weekdays) == 70
    assert max(weekdays) <= 20  # 10 on average
