"""A backtest is read from recorded forecasts and stored days: the same numbers, and intervals as wide as the trials want."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from coin_models.errors import RegistryError
from coin_models.pipeline.backtest import POLICY_BOOK, VOLATILITY_BOOK, make_backtest, tried_settings
from coin_models.reporting.backtest.page import render_backtest
from coin_models.reporting.backtest.result import Backtest
from coin_models_tests.pipeline.trading_days import TradingWorld

COINS = ("BTC", "ETH")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TradingWorld]:
    made = TradingWorld(tmp_path_factory.mktemp("backtest") / "home", num_days=4, coins=COINS, crowns=False)
    for day in made.days:
        made.trade(day)
    yield made
    made.services.close()


def backtest_of(world: TradingWorld, num_trials: int | None = None) -> Backtest:
    return make_backtest(world.services, COINS, world.days[0], world.days[-1], num_trials)


def test_skill_and_coverage_are_those_of_the_stored_days(world: TradingWorld) -> None:
    made = backtest_of(world)

    rows = [row for row in world.rows()["shadow_days"] if row["role"] in ("champion", "reference")]
    assert (made.num_days, made.num_coin_days, list(made.coins)) == (4, len(rows), list(COINS))
    # The record also holds the outcomes of a day's last hour, which came the day after.
    assert 0 <= made.num_forecasts - sum(row["num_scored"] for row in rows) <= 12 * len(rows)
    coverage = made.forecaster.coverage
    assert coverage is not None
    assert coverage.mean == pytest.approx(sum(row["coverage"] for row in rows) / len(rows), abs=0.02)


def test_the_books_add_up_to_the_stored_days(world: TradingWorld) -> None:
    policy, volatility = backtest_of(world).books

    rows = [row for row in world.rows()["shadow_days"] if row["role"] in ("champion", "reference")]
    first = [row for row in rows if row["day"] == policy.days[0].day]
    equity = sum(row["equity_usd"] for row in first)
    assert (policy.name, volatility.name) == (POLICY_BOOK, VOLATILITY_BOOK)
    assert policy.days[0].net_return == pytest.approx(sum(row["pnl_usd"] for row in first) / equity)
    assert policy.total_return == pytest.approx(policy.gross_return - policy.cost)
    assert policy.deflated_sharpe is None  # four days
    assert volatility.turnover_per_day > 0


def test_more_trials_make_every_interval_wider(world: TradingWorld) -> None:
    once, often = backtest_of(world, 1), backtest_of(world, 20)

    assert tried_settings(world.services, COINS) == once.num_trials == backtest_of(world).num_trials == 1
    assert once.models.level == pytest.approx(0.9)
    assert often.models.level == pytest.approx(0.995)


def test_the_same_days_give_the_same_page(world: TradingWorld) -> None:
    page = render_backtest(backtest_of(world))

    assert page == render_backtest(backtest_of(world))
    assert "Backtest of 2 coins" in page
    assert "4 days, 8 coin-days" in page
    assert "<script src" not in page


def test_days_without_a_forecast_are_refused(world: TradingWorld) -> None:
    before = world.days[0] - timedelta(days=30)

    with pytest.raises(RegistryError, match="nothing forecast these coins"):
        make_backtest(world.services, COINS, before, before)
