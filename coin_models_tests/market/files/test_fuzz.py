"""Any candle file: no traceback, no row lost in silence, no candle that was not written.

`COIN_MODELS_TESTS_FUZZ_EXAMPLES=100000 HYPOTHESIS_PROFILE=default` tries as many other files.
"""

import os
import tempfile
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from coin_models.errors import CandlesRejected
from coin_models.market.candles import Candles
from coin_models.market.files.outcomes import FileTimes, Reason, RowsRead
from coin_models.market.files.rows import read_rows
from coin_models.market.files.tables import parse_table
from coin_models.market.sources.files import FilesSource
from coin_models.market.timeframe import day_start_ms
from coin_models_tests.market.builders import DAY, FIVE_MINUTES, clock_after
from coin_models_tests.market.files.strategies import broken, folders, written
from coin_models_tests.market.files.written_files import Written

NUM_EXAMPLES = int(os.environ.get("COIN_MODELS_TESTS_FUZZ_EXAMPLES", "500"))
pytestmark = pytest.mark.timeout(300 + NUM_EXAMPLES)  # 100,000 take hours on a busy machine
LATER = FileTimes(written_ms=day_start_ms(DAY) + 10**10, now_ms=day_start_ms(DAY) + 10**10)


def _read(file: Written) -> RowsRead:
    table = parse_table(Path(file.name), file.content, "BTC")
    return read_rows(table, "BTC", FIVE_MINUTES, LATER)


@settings(max_examples=NUM_EXAMPLES * 9 // 20, deadline=None)
@given(written())
def test_a_file_gives_the_candles_that_were_written_however_they_were_written(file: Written) -> None:
    rows_read = _read(file)

    counts = {part.reason: part.num_rows for part in rows_read.left_out}
    candles = _by_time(rows_read.candles)
    assert rows_read.num_rows == file.num_rows
    if file.may_lose_last and counts.pop(Reason.CUT, 0):
        assert candles.items() <= file.truth().items()
        return
    assert candles == file.truth()
    assert counts == file.left_out


@settings(max_examples=NUM_EXAMPLES // 20, deadline=None)
@given(folders())
def test_the_files_of_a_folder_give_the_candles_of_all(
    folder: tuple[dict[str, bytes], dict[int, tuple[float, ...]]],
) -> None:
    files, truth = folder
    with tempfile.TemporaryDirectory() as name:
        for file, content in files.items():
            Path(name, file).write_bytes(content)
        source = FilesSource(Path(name), "USDT", FIVE_MINUTES, clock_after(DAY + timedelta(days=100)))

        assert _by_time(source.read_all("BTC").candles) == truth


@settings(max_examples=NUM_EXAMPLES // 2, deadline=None)
@given(broken())
def test_a_broken_file_gives_candles_that_were_written_or_is_refused(file: Written) -> None:
    with suppress(CandlesRejected):
        candles = _by_time(_read(file).candles)

        assert not file.must_be_refused
        if not candles:
            return  # an empty file, and so it is called
        newest = max(candles)  # cut behind a forming row: nothing shows that the whole one followed
        assert {time: row for time, row in candles.items() if time != newest}.items() <= file.truth().items()
        assert candles[newest] in [tuple(row) for time, row in file.rows if time == newest]


def _by_time(candles: Candles) -> dict[int, tuple[float, ...]]:
    times = np.asarray(candles.open_time_ms).tolist()
    return dict(zip(times, map(tuple, candles.ohlcv.tolist()), strict=True))
