from collections.abc import Callable
from datetime import date, timedelta

import pytest

from coin_models.errors import CandlesRejected, ObjectDamaged, SourceUnavailable, StoreUnavailable
from coin_models.market.candles import Candles, empty_candles
from coin_models.market.store import CandleStore, ensure_candles
from coin_models.storage import keys
from coin_models.storage.memory import MemoryStore
from coin_models_tests.market.builders import DAY, FIVE_MINUTES, HOUR, candles_at, clock_after, walk, without

FIRST = DAY - timedelta(days=3)
HISTORY = walk(5, first=FIRST)  # ends a day after DAY


class ScriptedSource:
    """A source that holds these candles and remembers what it was asked."""

    name = "scripted"

    def __init__(self, candles: Candles, fault: Callable[[], None] = lambda: None) -> None:
        self.candles, self.fault = candles, fault
        self.asked: list[tuple[date, date]] = []

    def coins(self) -> tuple[str, ...]:
        return ("BTC",)

    def fetch(self, coin: str, first: date, last: date) -> Candles:
        self.asked.append((first, last))
        self.fault()
        return self.candles.slice_days(first, last)


def _store() -> CandleStore:
    return CandleStore(MemoryStore(), HOUR)


def test_what_was_written_is_read_coin_by_coin() -> None:
    store = _store()
    store.write_day("BTC", DAY, candles_at([0, 1]))
    store.write_day("ETH", DAY, candles_at([5]))

    read = store.read_range(["ETH", "BTC", "SOL"], DAY, DAY)

    assert {coin: len(candles) for coin, candles in read.items()} == {"ETH": 1, "BTC": 2, "SOL": 0}


def test_a_day_without_candles_is_stored_as_an_answer() -> None:
    store = _store()
    store.write_day("BTC", DAY, empty_candles(HOUR))

    candles, present = store.read("BTC", FIRST, DAY)

    assert (len(candles), present, store.days_present("BTC", FIRST, DAY)) == (0, {DAY}, {DAY})


def test_only_the_days_of_the_range_are_listed() -> None:
    store = _store()
    store.write_days("BTC", {DAY: candles_at([0]), FIRST: candles_at([0], day=FIRST)})

    assert store.days_present("BTC", FIRST, DAY - timedelta(days=1)) == {FIRST}


@pytest.mark.parametrize("wrong", [candles_at([24]), candles_at([0], timeframe=FIVE_MINUTES)])
def test_candles_of_another_day_or_timeframe_are_not_stored(wrong: Candles) -> None:
    store = _store()

    with pytest.raises(CandlesRejected, match="BTC 2024-08-15: asked to store 1"):
        store.write_day("BTC", DAY, wrong)

    assert store.days_present("BTC", DAY, DAY) == set()


def test_a_damaged_day_is_named_by_its_key() -> None:
    objects = MemoryStore()
    objects.put(keys.candle_day("1h", "BTC", DAY), b"PAR1 no more")

    with pytest.raises(ObjectDamaged, match=r"candles/1h/BTC/2024-08-15.parquet in memory:"):
        CandleStore(objects, HOUR).read("BTC", DAY, DAY)


def test_what_is_missing_is_fetched_once_and_then_read_from_the_store() -> None:
    store, source = _store(), ScriptedSource(HISTORY)

    cold = ensure_candles(source, store, "BTC", FIRST, DAY, clock_after(DAY))
    warm = ensure_candles(source, store, "BTC", FIRST, DAY, clock_after(DAY))

    assert source.asked == [(FIRST, DAY)]
    assert cold.digest() == warm.digest() == HISTORY.slice_days(FIRST, DAY).digest()


def test_only_the_missing_days_are_asked_for_in_runs() -> None:
    store, source = _store(), ScriptedSource(HISTORY)
    middle = FIRST + timedelta(days=1)
    store.write_day("BTC", middle, HISTORY.slice_days(middle, middle))

    candles = ensure_candles(source, store, "BTC", FIRST, DAY, clock_after(DAY))

    assert source.asked == [(FIRST, FIRST), (middle + timedelta(days=1), DAY)]
    assert len(candles) == 4 * 24


def test_a_day_that_is_not_over_is_neither_asked_for_nor_returned() -> None:
    store, source = _store(), ScriptedSource(HISTORY)

    candles = ensure_candles(source, store, "BTC", FIRST, DAY, clock_after(DAY, hours=23.99))

    assert source.asked == [(FIRST, DAY - timedelta(days=1))]
    assert (candles.days[-1], store.days_present("BTC", DAY, DAY)) == (DAY - timedelta(days=1), set())


def test_a_day_whose_end_the_source_has_not_shown_is_returned_but_asked_for_again() -> None:
    store, source = _store(), ScriptedSource(without(HISTORY, slice(4 * 24 - 1, None)))  # 23:00 of DAY is not there yet

    early = ensure_candles(source, store, "BTC", FIRST, DAY, clock_after(DAY))
    source.candles = HISTORY
    late = ensure_candles(source, store, "BTC", FIRST, DAY, clock_after(DAY))

    assert (len(early), len(late)) == (95, 96)
    assert source.asked[1:] == [(DAY, DAY)]


def test_days_before_the_listing_are_stored_as_empty_and_not_asked_for_again() -> None:
    store, source = _store(), ScriptedSource(HISTORY.slice_days(DAY, DAY))

    ensure_candles(source, store, "BTC", FIRST, DAY, clock_after(DAY))
    ensure_candles(source, store, "BTC", FIRST, DAY, clock_after(DAY))

    assert source.asked == [(FIRST, DAY)]


def test_a_source_that_knows_nothing_leaves_nothing_behind() -> None:
    store, source = _store(), ScriptedSource(empty_candles(HOUR))

    candles = ensure_candles(source, store, "BTC", FIRST, DAY, clock_after(DAY))

    assert (len(candles), store.days_present("BTC", FIRST, DAY)) == (0, set())


def test_a_source_that_fails_leaves_what_was_stored_as_it_was() -> None:
    def fail() -> None:
        raise SourceUnavailable("maintenance")

    store = _store()
    store.write_day("BTC", FIRST, HISTORY.slice_days(FIRST, FIRST))

    with pytest.raises(SourceUnavailable):
        ensure_candles(ScriptedSource(HISTORY, fail), store, "BTC", FIRST, DAY, clock_after(DAY))

    assert store.days_present("BTC", FIRST, DAY) == {FIRST}


def test_a_store_that_fails_midway_keeps_whole_days_and_the_next_call_fetches_the_rest() -> None:
    def fail(moment: str, key: str) -> None:
        if moment == "put" and key.endswith("2024-08-14.parquet"):
            raise StoreUnavailable("disk full")

    objects = MemoryStore(fault=fail)
    store, source = CandleStore(objects, HOUR), ScriptedSource(HISTORY)
    with pytest.raises(StoreUnavailable):
        ensure_candles(source, store, "BTC", FIRST, DAY, clock_after(DAY))
    objects.fault = lambda moment, key: None

    candles = ensure_candles(source, store, "BTC", FIRST, DAY, clock_after(DAY))

    assert candles.digest() == HISTORY.slice_days(FIRST, DAY).digest()
    assert source.asked[1:] == [(date(2024, 8, 14), date(2024, 8, 14))]
