"""The index of stored days: many coins in one query, and no update lost between writers, on both back ends."""

import threading
from datetime import UTC, date, datetime, timedelta

import pytest

from coin_models.clock import FixedClock
from coin_models.db.engine import Database
from coin_models.market.candle_index import CandleIndex, DayRecord
from coin_models.market.history import day_facts
from coin_models_tests.market.builders import DAY, FIVE_MINUTES, HOUR, candles_at

CLOCK = FixedClock(datetime(2024, 8, 16, 2, tzinfo=UTC))


@pytest.fixture
def index(database: Database) -> CandleIndex:
    return CandleIndex(database, HOUR, CLOCK)


def _record(day: date, *, asked_at: int = 1, source: str = "a", num_candles: int = 1) -> DayRecord:
    row = day_facts(candles_at(list(range(num_candles)), day=day), day, asked_at=asked_at)
    return DayRecord(row=row, source=source)


def test_what_was_recorded_is_read_for_many_coins_at_once(index: CandleIndex) -> None:
    september = date(2024, 9, 2)
    index.record("BTC", {DAY: _record(DAY), september: _record(september, source="b")})
    index.record("ETH", {DAY: _record(DAY, num_candles=3)})

    histories = index.histories(["BTC", "ETH", "SOL"])

    assert [len(histories[coin]) for coin in histories] == [31 + 30, 31, 0]
    assert [int(histories[coin].num_candles.max(initial=-1)) for coin in histories] == [1, 3, -1]
    assert [histories["BTC"].source_of(k) for k in (14, 32, 0)] == ["a", "b", ""]


def test_only_the_months_asked_for_are_read(index: CandleIndex) -> None:
    days = [DAY - timedelta(days=62), DAY, DAY + timedelta(days=31)]
    index.record("BTC", {day: _record(day) for day in days})

    assert index.histories(["BTC"], DAY, DAY)["BTC"].first_day == date(2024, 8, 1)
    assert len(index.histories(["BTC"], DAY, DAY)["BTC"]) == 31


def test_timeframes_are_kept_apart(index: CandleIndex, database: Database) -> None:
    index.record("BTC", {DAY: _record(DAY)})

    assert len(CandleIndex(database, FIVE_MINUTES, CLOCK).histories(["BTC"])["BTC"]) == 0


def test_a_forgotten_day_is_not_stored_any_more_and_the_others_stay(index: CandleIndex) -> None:
    other = DAY - timedelta(days=1)
    index.record("BTC", {DAY: _record(DAY), other: _record(other)})

    index.forget("BTC", [DAY])

    assert index.histories(["BTC"])["BTC"].num_candles[[13, 14]].tolist() == [1, -1]


def test_the_coins_that_are_known_are_listed(index: CandleIndex) -> None:
    index.record("ETH", {DAY: _record(DAY)})
    index.record("BTC", {DAY: _record(DAY)})

    assert index.coins() == ("BTC", "ETH")


def test_writers_of_one_month_at_the_same_time_lose_nothing(index: CandleIndex) -> None:
    days = [date(2024, 8, 1) + timedelta(days=k) for k in range(31)]
    start = threading.Barrier(4)

    def write(mine: list[date]) -> None:
        start.wait()
        for day in mine:
            index.record("BTC", {day: _record(day, source=f"writer {mine[0]}")})

    threads = [threading.Thread(target=write, args=(days[k::4],)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    history = index.histories(["BTC"])["BTC"]
    assert (history.num_candles == 1).all()
    assert [history.source_of(k) for k in range(31)] == [f"writer {days[k % 4]}" for k in range(31)]


def test_an_older_answer_that_comes_late_changes_nothing(index: CandleIndex) -> None:
    index.record("BTC", {DAY: _record(DAY, asked_at=9, num_candles=2)})

    index.record("BTC", {DAY: _record(DAY, asked_at=5, num_candles=7)})

    assert int(index.histories(["BTC"])["BTC"].num_candles[14]) == 2
