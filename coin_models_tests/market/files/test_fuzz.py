"""Any candle file: no traceback, no row lost in silence, no candle that was not written.

`COIN_MODELS_TESTS_FUZZ_EXAMPLES=100000 HYPOTHESIS_PROFILE=default` tries as many other files.
"""

import os
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings

from coin_models.errors import CandlesRejected
from coin_models.market.files.outcomes import FileTimes, Reason, RowsRead
from coin_models.market.files.rows import read_rows
from coin_models.market.files.tables import parse_table
from coin_models.market.timeframe import day_start_ms
from coin_models_tests.market.builders import DAY, FIVE_MINUTES
from coin_models_tests.market.files.strategies import Written, broken, written

NUM_EXAMPLES = int(os.environ.get("COIN_MODELS_TESTS_FUZZ_EXAMPLES", "500"))
pytestmark = pytest.mark.timeout(300 + NUM_EXAMPLES)  # 100,000 take hours on a busy machine
LATER = FileTimes(written_ms=day_start_ms(DAY) + 10**10, now_ms=day_start_ms(DAY) + 10**10)


def _read(file: Written) -> RowsRead:
    table = parse_table(Path(file.name), file.content, "BTC")
    return read_rows(table, "BTC", FIVE_MINUTES, LATER)


@settings(max_examples=NUM_EXAMPLES // 2, deadline=None)
@given(written())
def test_a_file_gives_the_candles_that_were_written_however_they_were_written(file: Written) -> None:
    found = _read(file)

    counts = {part.reason: part.num_rows for part in found.left_out}
    if file.may_lose_last and counts.pop(Reason.CUT, 0):
        assert found.num_rows == len(file.rows)
        assert _candles(found).items() <= file.truth().items()
        return
    assert _candles(found) == file.truth()
    assert counts == file.left_out
    assert found.num_rows == len(file.rows)


@settings(max_examples=NUM_EXAMPLES // 2, deadline=None)
@given(broken())
def test_a_broken_file_gives_candles_that_were_written_or_is_refused(file: Written) -> None:
    with suppress(CandlesRejected):
        found = _candles(_read(file))

        newest = max(found, default=0)  # cut behind a forming row: nothing shows that the whole one followed
        assert {time: row for time, row in found.items() if time != newest}.items() <= file.truth().items()
        assert not found or found[newest] in [tuple(row) for time, row in file.rows if time == newest]


def _candles(found: RowsRead) -> dict[int, tuple[float, ...]]:
    times = np.asarray(found.candles.open_time_ms).tolist()
    return dict(zip(times, map(tuple, found.candles.ohlcv.tolist()), strict=True))
