"""Candle objects: found through the index, immutable, checked when read, adopted from the version before."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from coin_models.errors import CandlesRejected, ObjectDamaged, StoreUnavailable
from coin_models.market.candles import Candles, empty_candles
from coin_models.market.codec import encode_day
from coin_models.market.history import LEGACY_KEY, row_of
from coin_models.market.store import EARLIER_VERSION, CandleStore
from coin_models.storage import keys
from coin_models.storage.memory import MemoryStore
from coin_models_tests.market.builders import DAY, FIVE_MINUTES, HOUR, candles_at, clock_after, walk
from coin_models_tests.market.scripted_source import hourly_store

FIRST = DAY - timedelta(days=3)


@pytest.fixture
def objects() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def store(tmp_path: Path, objects: MemoryStore) -> CandleStore:
    return hourly_store(tmp_path, clock_after(DAY), objects)


def test_what_was_written_is_read_coin_by_coin(store: CandleStore) -> None:
    store.write_days("BTC", {DAY: candles_at([0, 1])})
    store.write_days("ETH", {DAY: candles_at([5])})

    read = store.read_range(["ETH", "BTC", "SOL"], DAY, DAY)

    assert {coin: len(candles) for coin, candles in read.items()} == {"ETH": 1, "BTC": 2, "SOL": 0}


def test_a_day_without_candles_is_an_answer_and_needs_no_object(store: CandleStore, objects: MemoryStore) -> None:
    store.write_days("BTC", {DAY: empty_candles(HOUR)})

    assert store.days_present("BTC", FIRST, DAY) == {DAY}
    assert objects.list("candles/") == []


def test_only_the_days_of_the_range_are_listed(store: CandleStore) -> None:
    store.write_days("BTC", {DAY: candles_at([0]), FIRST: candles_at([0], day=FIRST)})

    assert store.days_present("BTC", FIRST, DAY - timedelta(days=1)) == {FIRST}


@pytest.mark.parametrize("wrong", [candles_at([24]), candles_at([0], timeframe=FIVE_MINUTES)])
def test_candles_of_another_day_or_timeframe_are_not_stored(store: CandleStore, wrong: Candles) -> None:
    with pytest.raises(CandlesRejected, match="BTC 2024-08-15: cannot store 1"):
        store.write_days("BTC", {DAY: wrong})

    assert store.days_present("BTC", DAY, DAY) == set()


def test_corrected_candles_do_not_overwrite_those_that_a_version_was_fitted_on(
    store: CandleStore, objects: MemoryStore
) -> None:
    store.write_days("BTC", {DAY: candles_at([0])})
    before = store.histories(["BTC"], DAY, DAY)["BTC"]

    store.write_days("BTC", {DAY: candles_at([0], price=200.0)})

    now = store.histories(["BTC"], DAY, DAY)["BTC"]
    assert store.read("BTC", before, DAY, DAY).close.tolist() == [101.0]
    assert store.read("BTC", now, DAY, DAY).close.tolist() == [201.0]
    assert len(objects.list("candles/1h/BTC/")) == 2


def test_a_day_whose_object_was_not_stored_is_not_in_the_index(store: CandleStore, objects: MemoryStore) -> None:
    def fail(moment: str, key: str) -> None:
        if moment == "put":
            raise StoreUnavailable("disk full")

    objects.fault = fail

    with pytest.raises(StoreUnavailable):
        store.write_days("BTC", {DAY: candles_at([0])})

    assert store.days_present("BTC", DAY, DAY) == set()


@pytest.mark.parametrize("damage", [b"PAR1 no more", encode_day(candles_at([0], price=200.0)), None])
def test_an_object_that_is_not_what_the_index_says_is_named_and_its_day_asked_for_again(
    store: CandleStore, objects: MemoryStore, damage: bytes | None
) -> None:
    store.write_days("BTC", {FIRST: candles_at([0], day=FIRST), DAY: candles_at([0])})
    (key,) = [info.key for info in objects.list("candles/") if "2024-08-15" in info.key]
    if damage is None:
        objects.delete(key)
    else:
        objects.delete(key)
        objects.put(key, damage)

    with pytest.raises(ObjectDamaged, match=f"{key}.*the next run requests BTC of 2024-08-15 from the source again"):
        store.read_range(["BTC"], FIRST, DAY)

    assert store.days_present("BTC", FIRST, DAY) == {FIRST}


def test_a_damaged_day_of_one_coin_leaves_the_others_candles_readable(store: CandleStore, objects: MemoryStore) -> None:
    store.write_days("BTC", {DAY: candles_at([0])})
    store.write_days("ETH", {DAY: candles_at([0, 1])})
    objects.delete(objects.list("candles/1h/BTC/")[0].key)

    tables = store.read_window(store.histories(["BTC", "ETH"], DAY, DAY), DAY, DAY)

    assert isinstance(tables["BTC"], ObjectDamaged)
    assert len(tables["ETH"]) == 2  # type: ignore[arg-type]


def _put_as_the_version_before(objects: MemoryStore, candles: Candles, days: list[date]) -> None:
    for day in days:
        objects.put(keys.legacy_candle_day("1h", "BTC", day), encode_day(candles.slice_days(day, day)))


def test_days_that_the_version_before_stored_are_adopted_with_their_whole_months(
    store: CandleStore, objects: MemoryStore
) -> None:
    history = walk(10, first=FIRST)
    _put_as_the_version_before(objects, history, history.days)

    adopted = store.adopt("BTC", store.histories(["BTC"], DAY, DAY)["BTC"], DAY, DAY)

    history_after = store.histories(["BTC"], DAY, DAY)["BTC"]
    assert adopted
    assert store.read("BTC", history_after, FIRST, history.days[-1]).digest() == history.digest()
    assert row_of(history_after, DAY)["flags"] == LEGACY_KEY
    assert history_after.source_of(history_after.index_of(DAY) or 0) == EARLIER_VERSION


def test_a_damaged_day_of_the_version_before_is_left_out(store: CandleStore, objects: MemoryStore) -> None:
    _put_as_the_version_before(objects, walk(2, first=FIRST), [FIRST])
    objects.put(keys.legacy_candle_day("1h", "BTC", DAY), b"PAR1 no more")

    store.adopt("BTC", store.histories(["BTC"], FIRST, DAY)["BTC"], FIRST, DAY)

    history_after = store.histories(["BTC"], FIRST, DAY)["BTC"]
    assert [int(row_of(history_after, day)["num_candles"]) for day in (FIRST, DAY)] == [24, -1]


def test_a_month_of_which_something_is_known_is_not_listed_again(store: CandleStore, objects: MemoryStore) -> None:
    listed: list[str] = []
    store.write_days("BTC", {DAY: candles_at([0])})
    objects.fault = lambda moment, key: listed.append(key) if moment == "list" else None

    adopted = store.adopt("BTC", store.histories(["BTC"], DAY, DAY)["BTC"], DAY, DAY)

    assert (adopted, listed) == (False, [])
