"""Several files of one coin are one history, and what they hold twice is counted."""

from datetime import timedelta
from pathlib import Path

import pytest

from coin_models.errors import CandlesRejected
from coin_models.market.candles import Candles
from coin_models.market.files.check import check_folder
from coin_models.market.sources.files import FilesSource
from coin_models_tests.market.builders import DAY, HOUR, clock_after, walk, without
from coin_models_tests.market.scripted_source import hourly_store, topped_up

FIRST = DAY - timedelta(days=3)
HISTORY = walk(4, first=FIRST)
CLOCK = clock_after(DAY)


def _dump(folder: Path, name: str, candles: Candles) -> None:
    candles.to_frame().reset_index().assign(open_time=candles.open_time_ms).to_csv(
        folder / name, index=False, header=False
    )


def _source(folder: Path) -> FilesSource:
    return FilesSource(folder, "USDT", HOUR, CLOCK)


def test_monthly_and_daily_files_that_overlap_are_one_history(tmp_path: Path) -> None:
    _dump(tmp_path, "BTCUSDT-1h-2024-08-14.csv", without(HISTORY, slice(0, 40)))
    _dump(tmp_path, "BTCUSDT-1h-2024-08.csv", without(HISTORY, slice(50, None)))

    content = _source(tmp_path).read_all("BTC")

    assert content.candles.digest() == HISTORY.digest()
    assert len(content.facts) == 2
    assert check_folder(tmp_path, "USDT", HOUR, CLOCK.now()).coins[0].num_repeated == 10  # rows 40 to 49


def test_a_candle_that_was_forming_in_one_file_is_the_whole_one_of_the_other(tmp_path: Path) -> None:
    forming = HISTORY.ohlcv[:50].copy()
    forming[49, 1:4] = forming[49, 0]
    forming[49, 4] /= 3
    part = Candles(timeframe=HOUR, open_time_ms=HISTORY.open_time_ms[:50], ohlcv=forming)
    _dump(tmp_path, "BTCUSDT-1h-2024-09.csv", part)  # the later name holds less
    _dump(tmp_path, "BTCUSDT-1h-2024-08.csv", HISTORY)

    assert _source(tmp_path).read_all("BTC").candles.digest() == HISTORY.digest()


def test_two_files_that_contradict_each_other_are_refused_with_both_names(tmp_path: Path) -> None:
    other = HISTORY.ohlcv.copy()
    other[7, 4] += 1
    other[7, 0] *= 1.00001
    other[7, 1] *= 1.1
    _dump(tmp_path, "BTC_USDT.csv", HISTORY)
    _dump(tmp_path, "BTC-USDT.csv", Candles(timeframe=HOUR, open_time_ms=HISTORY.open_time_ms, ohlcv=other))

    with pytest.raises(CandlesRejected, match=r"BTC-USDT.csv and BTC_USDT.csv differ about 1 candles of BTC"):
        _source(tmp_path).read_all("BTC")


def test_spot_and_futures_are_not_joined(tmp_path: Path) -> None:
    for name in ("BTC_USDT-1h.feather", "BTC_USDT_USDT-1h-futures.feather"):
        HISTORY.to_frame().reset_index(names="date").to_feather(tmp_path / name)

    with pytest.raises(CandlesRejected, match=r"two markets, .*futures.feather \(futures\) and .* \(spot\)"):
        _source(tmp_path).read_all("BTC")


def test_a_file_of_another_timeframe_is_named_where_its_coin_is_wanted(tmp_path: Path) -> None:
    _dump(tmp_path, "ETH_USDT.csv", HISTORY)
    _dump(tmp_path, "BTC_USDT-1m.csv", HISTORY)

    assert _source(tmp_path).coins() == ("ETH",)
    with pytest.raises(CandlesRejected, match=r"BTC_USDT-1m.csv \(1m candles by its name.*COIN_MODELS_TIMEFRAME=1m"):
        _source(tmp_path).read_all("BTC")


def test_one_corrected_file_among_several_is_noticed_and_an_untouched_folder_is_not_read(tmp_path: Path) -> None:
    folder, store = tmp_path / "files", hourly_store(tmp_path, CLOCK)
    folder.mkdir()
    _dump(folder, "BTCUSDT-1h-2024-07.csv", without(HISTORY, slice(48, None)))
    _dump(folder, "BTCUSDT-1h-2024-08.csv", without(HISTORY, slice(0, 48)))
    topped_up(_source(folder), store, FIRST, DAY, CLOCK)
    corrected = HISTORY.ohlcv.copy()
    corrected[3, 4] += 1
    earlier = Candles(timeframe=HOUR, open_time_ms=HISTORY.open_time_ms[:48], ohlcv=corrected[:48])

    untouched = topped_up(_source(folder), store, FIRST, DAY, CLOCK)
    _dump(folder, "BTCUSDT-1h-2024-07.csv", earlier)
    changed = topped_up(_source(folder), store, FIRST, DAY, CLOCK)

    assert (untouched.changed, changed.changed) == ((), (FIRST,))


def test_a_file_of_the_next_month_brings_its_days(tmp_path: Path) -> None:
    folder, store = tmp_path / "files", hourly_store(tmp_path, CLOCK)
    folder.mkdir()
    _dump(folder, "BTCUSDT-1h-2024-07.csv", without(HISTORY, slice(72, None)))
    topped_up(_source(folder), store, FIRST, DAY, CLOCK)
    _dump(folder, "BTCUSDT-1h-2024-08.csv", without(HISTORY, slice(0, 72)))

    assert topped_up(_source(folder), store, FIRST, DAY, CLOCK).added == (DAY,)
    assert len(store.files.read()["BTC"]) == 2


def test_files_that_were_moved_together_are_not_read_again(tmp_path: Path) -> None:
    store = hourly_store(tmp_path, CLOCK)
    (tmp_path / "a").mkdir()
    _dump(tmp_path / "a", "BTCUSDT-1h-2024-07.csv", without(HISTORY, slice(48, None)))
    _dump(tmp_path / "a", "BTCUSDT-1h-2024-08.csv", without(HISTORY, slice(0, 48)))
    topped_up(_source(tmp_path / "a"), store, FIRST, DAY, CLOCK)
    before = store.files.read()["BTC"]
    (tmp_path / "a").rename(tmp_path / "b")

    topped_up(_source(tmp_path / "b"), store, FIRST, DAY, CLOCK)
    after = store.files.read()["BTC"]

    assert [file.sha256 for file in after] == [file.sha256 for file in before]
    assert {Path(file.stamp.path).parent.name for file in after} == {"b"}


HEADER = "ts,open,high,low,close,volume\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("BTCUSDT-1h-2024-07.csv", HEADER.encode()),
        ("BTCUSDT-1h-2024-07.json", b"[]"),
        ("BTCUSDT-1h-2024-09.csv", f"{HEADER}{int(HISTORY.open_time_ms[0])},,,,,\n".encode()),
        ("BTCUSDT-1h-2024-09.csv", f"{HEADER}{int(HISTORY.open_time_ms[0])},1,1,1,1,1".encode()),
    ],
    ids=["names of columns alone", "an empty list", "nothing was traded", "one line that may be cut"],
)
def test_an_empty_file_among_good_ones_is_reported_and_the_coin_is_served(
    tmp_path: Path, name: str, content: bytes
) -> None:
    _dump(tmp_path, "BTCUSDT-1h-2024-08.csv", HISTORY)
    (tmp_path / name).write_bytes(content)

    read = _source(tmp_path).read_all("BTC")
    check = check_folder(tmp_path, "USDT", HOUR, CLOCK.now())

    assert read.candles.digest() == HISTORY.digest()
    assert [remark.partition(": ")[0] for remark in read.remarks] == [f"{name} is empty"]
    assert {file.name: file.state for file in check.files} == {name: "empty", "BTCUSDT-1h-2024-08.csv": "read"}
    assert check.is_good


@pytest.mark.parametrize("names", [("BTC_USDT.csv",), ("BTCUSDT-1h-2024-07.csv", "BTCUSDT-1h-2024-08.csv")])
def test_a_coin_of_empty_files_alone_is_refused(tmp_path: Path, names: tuple[str, ...]) -> None:
    for name in names:
        (tmp_path / name).write_text(HEADER)

    with pytest.raises(CandlesRejected, match=rf"{names[0]} cannot be read safely: none of its 0 rows is a candle"):
        _source(tmp_path).read_all("BTC")
    assert not check_folder(tmp_path, "USDT", HOUR, CLOCK.now()).is_good


def test_a_newest_month_without_a_candle_leaves_the_days_before_it(tmp_path: Path) -> None:
    folder, store = tmp_path / "files", hourly_store(tmp_path, CLOCK)
    folder.mkdir()
    _dump(folder, "BTCUSDT-1h-2024-08.csv", HISTORY)
    (folder / "BTCUSDT-1h-2024-09.csv").write_text(HEADER)

    first = topped_up(_source(folder), store, FIRST, DAY, CLOCK)
    again = topped_up(_source(folder), store, FIRST, DAY, CLOCK)

    assert (len(first.added), again.added, again.changed) == (4, (), ())
