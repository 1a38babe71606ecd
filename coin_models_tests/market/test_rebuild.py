"""The index of candles, made again from the objects in the store."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from coin_models.clock import FixedClock
from coin_models.errors import StoreUnavailable
from coin_models.market.asking import ASK_AGAIN_SECONDS
from coin_models.market.candles import Candles
from coin_models.market.codec import encode_day
from coin_models.market.history import LEGACY_KEY, row_of
from coin_models.market.rebuild import AT_ONCE, REBUILT, RebuiltDays, rebuild_days
from coin_models.market.store import CandleStore
from coin_models.storage import keys
from coin_models.storage.memory import MemoryStore, no_fault
from coin_models_tests.market.builders import DAY, walk, without
from coin_models_tests.market.scripted_source import ScriptedSource, hourly_store, topped_up
from coin_models_tests.market.stored_days import FIRST, HISTORY

NOW = datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC) + timedelta(days=5)
DAYS = [FIRST + timedelta(days=number) for number in range(4)]


class Lost:
    """Candles in a store, and an index that knows nothing of them."""

    def __init__(self, folder: Path, candles: Candles = HISTORY) -> None:
        self.clock = FixedClock(NOW)
        self.objects = MemoryStore(clock=self.clock)
        self.before = hourly_store(folder / "before", self.clock, self.objects)
        self.write(candles)
        self.after = hourly_store(folder / "after", self.clock, self.objects)

    def write(self, candles: Candles) -> None:
        self.before.write_days("BTC", {day: candles.slice_days(day, day) for day in candles.days if day in DAYS})

    def rebuild(self, at_once: int = AT_ONCE) -> RebuiltDays:
        return rebuild_days(self.after.index, self.objects, lambda done, total: None, at_once=at_once)

    def key(self, number: int, *, of: CandleStore | None = None) -> str:
        """The key of the n-th day's object, as the index from before has it."""
        row = row_of((of or self.before).histories(["BTC"])["BTC"], DAYS[number])
        return keys.candle_day("1h", "BTC", DAYS[number], row["digest"].tobytes().hex())


@pytest.fixture
def lost(tmp_path: Path) -> Lost:
    return Lost(tmp_path)


def test_windows_have_the_digests_that_models_were_fitted_on(lost: Lost) -> None:
    result = lost.rebuild()

    before, after = (store.histories(["BTC"])["BTC"] for store in (lost.before, lost.after))
    last = np.array([DAYS[-1].toordinal()])
    assert (result.num_added, result.left_out) == (4, {})
    assert (before.window_digest(last, 4) == after.window_digest(last, 4)).all()
    for name in ("digest", "turnover", "volatility", "first_open_ms", "num_candles", "num_traded"):
        assert (before.rows[name] == after.rows[name]).all(), name
    assert after.source_of(after.index_of(DAY) or 0) == REBUILT
    assert (lost.after.read("BTC", after, FIRST, DAY).ohlcv == HISTORY.slice_days(FIRST, DAY).ohlcv).all()


def test_of_complete_days_nothing_is_asked_again(lost: Lost) -> None:
    lost.rebuild()
    source = ScriptedSource(HISTORY)

    topped_up(source, lost.after, FIRST, DAY, lost.clock)

    assert source.asked == []


def test_a_day_with_a_gap_is_asked_for_again(tmp_path: Path) -> None:
    lost = Lost(tmp_path, without(HISTORY, [5]))
    lost.rebuild()
    source = ScriptedSource(HISTORY)

    topped_up(source, lost.after, FIRST, DAY, FixedClock(NOW + timedelta(seconds=ASK_AGAIN_SECONDS)))

    assert source.asked == [(FIRST, FIRST)]


def test_of_several_contents_of_a_day_the_newest_counts(lost: Lost) -> None:
    lost.clock.advance(timedelta(minutes=1))
    other = walk(5, first=FIRST, seed=9)
    lost.write(other.slice_days(DAY, DAY))

    lost.rebuild()

    after = lost.after.histories(["BTC"])["BTC"]
    assert len(lost.objects.list(keys.CANDLES)) == 5
    assert (lost.after.read("BTC", after, DAY, DAY).ohlcv == other.slice_days(DAY, DAY).ohlcv).all()


@pytest.mark.parametrize("data", [b"", b"no candles", encode_day(walk(5, first=FIRST, seed=9).slice_days(DAY, DAY))])
def test_a_damaged_object_is_left_out_and_that_day_asked_for(lost: Lost, data: bytes) -> None:
    lost.objects.put(lost.key(-1), data)

    result = lost.rebuild()
    source = ScriptedSource(HISTORY)
    topped_up(source, lost.after, FIRST, DAY, lost.clock)

    assert list(result.left_out) == [lost.key(-1)]
    assert "damaged" in result.left_out[lost.key(-1)]
    assert result.num_added == 3
    assert source.asked == [(DAY, DAY)]


def test_days_of_the_version_before_keep_their_key(lost: Lost) -> None:
    lost.objects.delete(lost.key(0))
    lost.objects.put(keys.legacy_candle_day("1h", "BTC", FIRST), encode_day(HISTORY.slice_days(FIRST, FIRST)))

    lost.rebuild()

    after = lost.after.histories(["BTC"])["BTC"]
    assert row_of(after, FIRST)["flags"] == LEGACY_KEY
    assert len(lost.after.read("BTC", after, FIRST, DAY)) == 96


def test_what_the_index_knows_is_left_as_it_is(lost: Lost) -> None:
    history_before = lost.before.histories(["BTC"])["BTC"]

    result = rebuild_days(lost.before.index, lost.objects, lambda done, total: None)

    assert (result.num_added, result.num_existing) == (0, 4)
    assert (lost.before.histories(["BTC"])["BTC"].rows == history_before.rows).all()


def test_after_a_kill_the_next_call_adds_the_rest(lost: Lost) -> None:
    asked = 0

    def fault(moment: str, _key: str) -> None:
        nonlocal asked
        asked += moment == "get"
        if asked == 3:
            raise StoreUnavailable("killed")

    lost.objects.fault = fault
    with pytest.raises(StoreUnavailable):
        lost.rebuild(at_once=2)
    lost.objects.fault = no_fault
    result = lost.rebuild()

    assert (result.num_added, result.num_existing) == (2, 2)
