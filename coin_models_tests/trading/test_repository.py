"""Shadow days and trades in the database."""

from datetime import timedelta

import pytest

from coin_models.clock import FixedClock
from coin_models.db.engine import Database
from coin_models.trading.repository import ShadowRepository
from coin_models.trading.shadow_day import ScoredDay, run_day
from coin_models.trading.trades import Role
from coin_models_tests.trading.builders import DAY, NOW, trader
from coin_models_tests.trading.shadow_days import (
    HISTORY,
    MARKET,
    SETTINGS,
    SHAPE,
    Leaning,
    rows,
    trade,
    walk,
    write,
)


def test_a_run_that_dies_while_writing_leaves_the_rows_of_before(database: Database) -> None:
    trade(database, "v3")
    before = rows(database)
    coin_day = ScoredDay.of(HISTORY, DAY, MARKET)
    good = run_day(trader(version_id="v3"), Leaning(), SHAPE, coin_day, SETTINGS)
    unknown = run_day(trader(Role.CHALLENGER, version_id="unknown"), Leaning(), SHAPE, coin_day, SETTINGS)

    with pytest.raises(Exception, match="FOREIGN KEY"):  # between the delete and the commit
        write(database, good, unknown)

    assert rows(database) == before


def test_the_record_of_a_version_is_read_back_as_it_was_scored(database: Database) -> None:
    traded = trade(database, "v3")

    records = ShadowRepository(database, FixedClock(NOW)).out_of_sample_days(["v1", "v2", "v3"], DAY)

    assert records["v3"] == (traded.results[0].out_of_sample(),)
    assert records["v1"] == (traded.results[1].out_of_sample(),)
    assert records["v2"] == ()


def test_day_records_are_read_back_as_they_were_traded(database: Database) -> None:
    traded = trade(database, "v3")

    records = ShadowRepository(database, FixedClock(NOW)).records(DAY, DAY)

    assert records == [traded.results[0].record()]


def test_a_result_of_another_day_or_two_of_one_role_are_refused(database: Database) -> None:
    traded = trade(database, "v3")
    shadow = ShadowRepository(database, FixedClock(NOW))
    champion = traded.results[0]

    with database.begin() as connection, pytest.raises(ValueError, match="results of another coin or day"):
        shadow.replace_day(connection, "BTC", DAY - timedelta(days=1), [champion])
    with database.begin() as connection, pytest.raises(ValueError, match="one result per role"):
        shadow.replace_day(connection, "BTC", DAY, [champion, champion])


def test_records_are_those_of_the_role_the_coin_and_the_days(database: Database) -> None:
    traded = trade(database, "v3")
    shadow = ShadowRepository(database, FixedClock(NOW))

    assert shadow.records(DAY, DAY, roles=[Role.CHALLENGER], coin="BTC") == [traded.results[1].record()]
    assert shadow.records(DAY, DAY, coin="ETH") == []
    assert shadow.records(DAY + timedelta(days=1), DAY + timedelta(days=2)) == []


def test_patterns_see_the_champions_trades_in_the_order_of_their_decisions(database: Database) -> None:
    champion = trade(database, "v3").results[0]

    trades = ShadowRepository(database, FixedClock(NOW)).pattern_trades(DAY, DAY)

    assert [one.decided_at for one in trades] == [one.decided_at for one in champion.trades]
    assert sum(one.pnl_usd for one in trades) == pytest.approx(champion.pnl_usd)


def test_the_champions_volatility_books_are_read_back_and_a_day_without_one_is_left_out(database: Database) -> None:
    traded = trade(database, "v1", history=walk(DAY, num_days=20))
    shadow = ShadowRepository(database, FixedClock(NOW))
    stored = shadow.volatility_days(DAY, DAY)
    trade(database, "v1", history=walk(DAY, num_days=5))  # too few days of candles

    assert stored == [(DAY, traded.results[0].volatility_book)]
    assert stored[0][1].num_periods == 24
    assert shadow.volatility_days(DAY, DAY, coin="BTC") == []
