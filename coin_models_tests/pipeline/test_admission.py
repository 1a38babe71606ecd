from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from coin_models.clock import FixedClock
from coin_models.costs.policy import GO_ON, Admission, Stop
from coin_models.db.engine import Database
from coin_models.errors import Deferred
from coin_models.pipeline.admission import admission_policy_of, admit_all, deadline_of
from coin_models.pipeline.train.outcome import CoinOutcome
from coin_models.pipeline.train.run import retrain
from coin_models.settings.costs import CostSettings
from coin_models.settings.root import Settings
from coin_models_tests.costs.builders import DAY, NIGHT
from coin_models_tests.costs.rows import add_attempt, add_session
from coin_models_tests.pipeline.killable import DAY as LIVES_DAY
from coin_models_tests.pipeline.killable import World
from coin_models_tests.trading.database import open_in


@pytest.fixture
def money_database(tmp_path: Path) -> Iterator[Database]:
    opened = open_in(tmp_path)
    yield opened
    opened.close()


def ask(
    database: Database, *, hours_later: float = 1.0, num_coins: int = 4, num_left: int = 4, **costs: object
) -> Admission:
    settings = Settings(costs=CostSettings(provider="runpod", price_usd_per_hour=0.2, **costs))  # type: ignore[arg-type]
    clock = FixedClock(NIGHT + timedelta(hours=hours_later))
    return admission_policy_of(settings, lambda: database, clock)(DAY, num_coins, num_left)


def worked(database: Database, *, seconds_per_coin: float = 900.0, price: float = 0.75) -> None:
    """A session that started up for 60 s and trained a coin: with 900 s for the coin, 960 s at 0.75 are 0.20 USD."""
    ended = NIGHT + timedelta(seconds=60 + seconds_per_coin)
    add_session(database, "s1", ended_at=ended, end_reason="finished", price_usd_per_hour=price)
    add_attempt(database, "s1", "BTC", useful_seconds=seconds_per_coin, startup_seconds=60.0)


def test_without_a_budget_an_owned_machine_asks_nothing() -> None:
    def no_database() -> Database:
        raise AssertionError("the database is not opened for this")

    admission = admission_policy_of(Settings(), no_database, FixedClock(NIGHT))

    assert admission is admit_all
    assert admission(DAY, 8, 500).stop is None


# 0.20 is spent; four coins of 900 s are another hour, or 0.20.
@pytest.mark.parametrize(("budget", "stop"), [(0.41, None), (0.39, Stop.BUDGET)])
def test_a_cohort_beyond_the_day_s_budget_is_not_let_through(
    money_database: Database, budget: float, stop: Stop | None
) -> None:
    worked(money_database)

    assert ask(money_database, market="on-demand", daily_budget_usd=budget).stop is stop


def test_money_spent_before_midnight_is_not_today_s(money_database: Database) -> None:
    worked(money_database)

    assert ask(money_database, hours_later=23, market="on-demand", daily_budget_usd=0.21).stop is None


def test_a_session_that_began_days_ago_and_still_runs_is_paid_for_today(money_database: Database) -> None:
    add_session(money_database, "s1", days_later=-9, heartbeat_at=NIGHT + timedelta(hours=1))

    # NIGHT is 02:00: three hours of today at 0.20, and nothing timed yet
    assert ask(money_database, daily_budget_usd=0.59).stop is Stop.BUDGET
    assert ask(money_database, daily_budget_usd=0.61).stop is None


# Four coins of 900 s are 1:00:00 of work, 60 s to start on-demand, 10 s at risk, 300 s until a loss is noticed: 1:06:10.
@pytest.mark.parametrize(
    ("hours_later", "stop"),
    [(4.5, None), (4.897, None), (4.898, Stop.HAND_OVER), (4.98, Stop.HAND_OVER), (4.984, None), (7.0, None)],
)
def test_spot_is_left_at_the_latest_safe_moment_and_no_more_once_that_is_past(
    money_database: Database, hours_later: float, stop: Stop | None
) -> None:
    worked(money_database)

    assert ask(money_database, hours_later=hours_later, market="spot").stop is stop


def test_nothing_is_held_back_before_anything_was_timed(money_database: Database) -> None:
    assert ask(money_database, hours_later=5.99, num_left=500, market="spot", daily_budget_usd=0.1).stop is None


def test_the_deadline_of_a_trading_day_is_on_the_day_after() -> None:
    assert deadline_of(date(2025, 3, 1), "08:30") == datetime(2025, 3, 2, 8, 30, tzinfo=UTC)


def test_a_gate_that_closes_between_cohorts_leaves_the_rest_untouched_and_says_why(world: World) -> None:
    one_by_one = world.settings.training.model_copy(update={"cohort_size": 1})
    world.settings = world.settings.model_copy(update={"training": one_by_one})
    worker = world.worker()
    asked: list[tuple[int, int]] = []

    def closes_after_one(_day: date, num_coins: int, num_left: int) -> Admission:
        asked.append((num_coins, num_left))
        return GO_ON if len(asked) == 1 else Admission(stop=Stop.BUDGET, reason="the day's budget is spent")

    worker.admission = closes_after_one
    outcomes: list[CoinOutcome] = []
    with pytest.raises(Deferred, match="the day's budget is spent"):
        outcomes.extend(retrain(worker, LIVES_DAY, world.coins))
    attempts = worker.services.attempts.between(LIVES_DAY, LIVES_DAY)
    worker.services.database.close()

    assert asked == [(1, 2), (1, 1)]
    assert [version.coin for version in world.versions()] == ["BTC"]
    assert worker.deferred == {("ETH", LIVES_DAY): "the day's budget is spent"}
    assert [attempt.coin for attempt in attempts] == ["BTC"]
