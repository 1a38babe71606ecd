"""A folder of files as the source: changes are noticed, compared day by day, and a bad file affects only its coin."""

import os
from datetime import date, timedelta
from pathlib import Path

import pytest

from coin_models.market.asking import CandleProblem, CoinCandles, Request
from coin_models.market.candles import Candles
from coin_models.market.codec import encode_day
from coin_models.market.history import ENDED, OPEN, row_of
from coin_models.market.sources.files import FilesSource
from coin_models.market.store import CandleStore
from coin_models.market.top_up import ensure
from coin_models.storage import keys
from coin_models.storage.memory import MemoryStore
from coin_models_tests.market.builders import DAY, HOUR, clock_after, walk, without
from coin_models_tests.market.scripted_source import ask, hourly_store, topped_up

FIRST = DAY - timedelta(days=3)
HISTORY = walk(4, first=FIRST)
CLOCK = clock_after(DAY)


class CountingSource(FilesSource):
    """A folder that counts how often a file is read as a whole."""

    num_read = 0

    def read_all(self, coin: str):  # type: ignore[no-untyped-def]
        self.num_read += 1
        return super().read_all(coin)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "files"
    made.mkdir()
    return made


@pytest.fixture
def store(tmp_path: Path) -> CandleStore:
    return hourly_store(tmp_path, CLOCK)


def _source(folder: Path) -> CountingSource:
    return CountingSource(folder, "USDT", HOUR, CLOCK)


def _write(folder: Path, candles: Candles, coin: str = "BTC") -> None:
    candles.to_frame().reset_index(names="ts").to_csv(folder / f"{coin}_USDT.csv", index=False)


def _read(store: CandleStore) -> Candles:
    return store.read_range(["BTC"], FIRST, DAY)["BTC"]


def _corrected(candles: Candles, row: int) -> Candles:
    ohlcv = candles.ohlcv.copy()
    ohlcv[row, 4] += 1.0
    return Candles(timeframe=HOUR, open_time_ms=candles.open_time_ms, ohlcv=ohlcv)


def test_a_file_is_read_once_and_not_again_while_it_stays_as_it_is(folder: Path, store: CandleStore) -> None:
    _write(folder, HISTORY)
    source = _source(folder)

    for _ in range(3):
        topped_up(source, store, FIRST, DAY, CLOCK)

    assert source.num_read == 1
    assert _read(store).digest() == HISTORY.digest()


def test_a_corrected_file_is_noticed_and_only_the_days_that_differ_are_stored_anew(
    folder: Path, store: CandleStore
) -> None:
    _write(folder, HISTORY)
    topped_up(_source(folder), store, FIRST, DAY, CLOCK)
    corrected = _corrected(HISTORY, 30)
    _write(folder, corrected)

    coin_candles = topped_up(_source(folder), store, DAY, DAY, CLOCK)  # a day outside of the request

    assert coin_candles.changed == (FIRST + timedelta(days=1),)
    assert _read(store).digest() == corrected.digest()


def test_a_file_that_was_only_touched_is_told_by_its_digest(folder: Path, store: CandleStore) -> None:
    _write(folder, HISTORY)
    source = _source(folder)
    topped_up(source, store, FIRST, DAY, CLOCK)
    os.utime(folder / "BTC_USDT.csv", ns=(1, 1))

    topped_up(source, store, FIRST, DAY, CLOCK)
    topped_up(source, store, FIRST, DAY, CLOCK)

    assert source.num_read == 1
    assert store.files.read()["BTC"][0].stamp.modified_ns == 1


def test_a_correction_of_the_same_size_is_noticed(folder: Path, store: CandleStore) -> None:
    _write(folder, HISTORY)
    topped_up(_source(folder), store, FIRST, DAY, CLOCK)
    path = folder / "BTC_USDT.csv"
    text = path.read_text()
    line = text.splitlines()[1]
    swapped = line[:-1] + ("1" if line[-1] != "1" else "2")
    path.write_text(text.replace(line, swapped))
    os.utime(path, ns=(2, 2))

    assert topped_up(_source(folder), store, FIRST, DAY, CLOCK).changed == (FIRST,)


def test_a_file_that_goes_on_brings_the_new_days(folder: Path, store: CandleStore) -> None:
    _write(folder, HISTORY.slice_days(FIRST, DAY - timedelta(days=1)))
    before = topped_up(_source(folder), store, FIRST, DAY, CLOCK)
    _write(folder, HISTORY)

    after = topped_up(_source(folder), store, FIRST, DAY, CLOCK)

    assert (int(row_of(before.history, DAY)["num_candles"]), int(row_of(before.history, DAY)["flags"])) == (-1, OPEN)
    assert (after.added, after.changed) == ((DAY,), ())


def test_what_a_file_does_not_hold_does_not_exist_and_is_not_asked_for_again(folder: Path, store: CandleStore) -> None:
    _write(folder, without(HISTORY, slice(24, 48)))
    source = _source(folder)

    topped_up(source, store, FIRST, DAY, CLOCK)
    coin_candles = topped_up(source, store, FIRST, DAY, CLOCK)

    assert int(row_of(coin_candles.history, FIRST + timedelta(days=1))["num_candles"]) == 0
    assert source.num_read == 1


def test_a_hole_in_a_file_that_was_filled_is_noticed(folder: Path, store: CandleStore) -> None:
    _write(folder, without(HISTORY, slice(24, 30)))
    topped_up(_source(folder), store, FIRST, DAY, CLOCK)
    _write(folder, HISTORY)

    topped_up(_source(folder), store, FIRST, DAY, CLOCK)

    assert _read(store).digest() == HISTORY.digest()


def test_a_file_that_keeps_only_its_newest_candles_takes_no_stored_day_away(folder: Path, store: CandleStore) -> None:
    _write(folder, HISTORY)
    topped_up(_source(folder), store, FIRST, DAY, CLOCK)
    _write(folder, without(HISTORY, slice(0, 30)))

    topped_up(_source(folder), store, FIRST, DAY, CLOCK)

    assert _read(store).digest() == HISTORY.digest()


def test_a_half_written_file_takes_no_stored_day_away(folder: Path, store: CandleStore) -> None:
    _write(folder, HISTORY)
    topped_up(_source(folder), store, FIRST, DAY, CLOCK)
    _write(folder, without(HISTORY, slice(50, None)))

    topped_up(_source(folder), store, FIRST, DAY, CLOCK)

    assert _read(store).digest() == HISTORY.digest()


@pytest.mark.parametrize("kind", ["dangling link", "over-long line", "fifo", "no text", "folder"])
def test_a_file_that_cannot_be_read_is_its_coins_problem_alone(folder: Path, store: CandleStore, kind: str) -> None:
    _write(folder, HISTORY)
    bad = folder / "ADA_USDT.csv"
    if kind == "dangling link":
        bad.symlink_to(folder / "gone.csv")
    elif kind == "over-long line":
        bad.write_bytes(b"x" * 200_000)
    elif kind == "fifo":
        os.mkfifo(bad)
    elif kind == "folder":
        bad.mkdir()
    else:
        bad.write_bytes(b"\x00\x01")

    source, request = _source(folder), Request(first=FIRST, last=DAY)
    by_coin = {c.coin: c for c in ensure(source, store, source.coins(), request, CLOCK)}

    assert isinstance(by_coin["BTC"], CoinCandles)
    problem = by_coin["ADA"]
    assert isinstance(problem, CandleProblem)
    assert (problem.place, str(bad) in str(problem)) == (None, True)


def test_a_file_that_became_unreadable_leaves_its_stored_days_usable_and_is_remembered(
    folder: Path, store: CandleStore
) -> None:
    _write(folder, HISTORY)
    topped_up(_source(folder), store, FIRST, DAY, CLOCK)
    (folder / "BTC_USDT.csv").write_text("no candles")

    problem = ask(_source(folder), store, FIRST, DAY, CLOCK)

    assert isinstance(problem, CandleProblem)
    assert int(row_of(problem.history, DAY)["num_candles"]) == 24
    assert "none of its first 1 lines is a header" in str(store.files.read()["BTC"][0].problem)


def test_a_corrected_unreadable_file_is_read_again(folder: Path, store: CandleStore) -> None:
    (folder / "BTC_USDT.csv").write_text("no candles")
    ask(_source(folder), store, FIRST, DAY, CLOCK)
    _write(folder, HISTORY)

    topped_up(_source(folder), store, FIRST, DAY, CLOCK)

    assert _read(store).digest() == HISTORY.digest()
    assert store.files.read()["BTC"][0].problem is None


def test_a_file_that_was_removed_leaves_its_stored_days_usable(folder: Path, store: CandleStore) -> None:
    path, tomorrow = folder / "BTC_USDT.csv", DAY + timedelta(days=1)
    clock = clock_after(tomorrow)
    _write(folder, HISTORY)
    _write(folder, HISTORY, coin="ETH")
    topped_up(_source(folder), store, FIRST, DAY, clock)
    path.rename(folder / "kept.csv")

    removed = topped_up(_source(folder), store, FIRST, tomorrow, clock).history
    (folder / "kept.csv").rename(path)
    restored = topped_up(_source(folder), store, FIRST, tomorrow, clock).history

    assert int(row_of(removed, DAY)["num_candles"]) == 24
    assert [int(row_of(history, tomorrow)["flags"]) for history in (removed, restored)] == [ENDED, OPEN]


def test_each_day_says_which_file_it_came_from(folder: Path, store: CandleStore) -> None:
    _write(folder, HISTORY)

    stored = topped_up(_source(folder), store, FIRST, DAY, CLOCK).history

    sha256 = store.files.read()["BTC"][0].sha256
    assert stored.source_of(stored.index_of(DAY) or 0) == f"file BTC_USDT.csv sha256:{sha256[:16]}"


def test_days_of_the_version_before_are_compared_with_the_file(folder: Path, tmp_path: Path) -> None:
    objects = MemoryStore()
    store = hourly_store(tmp_path, CLOCK, objects)
    outdated = _corrected(HISTORY, 30)
    for day in HISTORY.days:
        objects.put(keys.legacy_candle_day("1h", "BTC", day), encode_day(outdated.slice_days(day, day)))
    _write(folder, HISTORY)

    coin_candles = topped_up(_source(folder), store, FIRST, DAY, CLOCK)

    assert coin_candles.changed == (date(2024, 8, 13),)
    assert _read(store).digest() == HISTORY.digest()
