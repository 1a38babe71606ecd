"""Rows of derived days, on both back ends."""

from datetime import UTC, date, datetime, timedelta

from coin_models.db.engine import Database
from coin_models.pipeline.derived.digests import DerivedKind
from coin_models.pipeline.derived.repository import newest_before, newest_day, read_digests, write_digest

DAY = date(2026, 3, 10)
NOW = datetime(2026, 3, 11, 2, tzinfo=UTC)
TRADES, PATTERNS, _ = DerivedKind


def write(database: Database, kind: DerivedKind, days_back: int, coin: str, digest: str) -> None:
    with database.begin() as connection:
        write_digest(connection, kind, DAY - timedelta(days=days_back), coin, digest, NOW)


def test_what_is_written_of_a_day_takes_the_place_of_what_was_there(database: Database) -> None:
    write(database, TRADES, 0, "BTC", "first")
    write(database, TRADES, 0, "BTC", "second")

    with database.read() as connection:
        assert read_digests(connection, TRADES, DAY, DAY) == {"BTC": {DAY: "second"}}


def test_digests_of_a_kind_are_read_by_coin_and_day_ascending(database: Database) -> None:
    for days_back, coin in ((0, "BTC"), (2, "BTC"), (1, "ETH"), (5, "BTC")):
        write(database, TRADES, days_back, coin, f"{coin} {days_back}")
    write(database, PATTERNS, 0, "", "of another kind")

    with database.read() as connection:
        by_coin = read_digests(connection, TRADES, DAY - timedelta(days=2), DAY)

    assert {coin: list(days.values()) for coin, days in by_coin.items()} == {
        "BTC": ["BTC 2", "BTC 0"],
        "ETH": ["ETH 1"],
    }


def test_the_newest_day_before_another_is_found_for_more_coins_than_fit_in_one_query(database: Database) -> None:
    coins = [f"C{number}" for number in range(501)]  # 500 coins a query
    for coin in (coins[0], coins[-1]):
        for days_back in (0, 3, 7):
            write(database, TRADES, days_back, coin, f"{days_back} days back")

    with database.read() as connection:
        newest = newest_before(connection, TRADES, DAY, coins)

    assert newest == dict.fromkeys((coins[0], coins[-1]), (DAY - timedelta(days=3), "3 days back"))


def test_the_newest_day_is_that_of_any_kind_and_there_is_none_at_first(database: Database) -> None:
    with database.read() as connection:
        at_first = newest_day(connection)
    write(database, TRADES, 3, "BTC", "a")
    write(database, PATTERNS, 1, "", "b")

    with database.read() as connection:
        assert (at_first, newest_day(connection)) == (None, DAY - timedelta(days=1))
