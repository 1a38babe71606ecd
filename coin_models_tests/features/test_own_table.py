"""A user's own table: what was known when, and digests of its days."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from coin_models.features.own_table import OwnTable, with_tables
from coin_models.market.history import History, empty_history, unknown_days
from coin_models.market.timeframe import DAY_MS, day_start_ms
from coin_models_tests.features.strategies import FIVE_MINUTES

DAY = date(2024, 1, 1)
START_MS = day_start_ms(DAY)
HOURS = START_MS + np.arange(72, dtype=np.int64) * 3_600_000


def table(**changes: float) -> OwnTable:
    values = np.arange(72.0)
    for row, value in changes.items():
        values[int(row.removeprefix("row_"))] = value
    return OwnTable(known_at_ms=HOURS, values=values[:, None])


def history(num_days: int = 5) -> History:
    return History(timeframe=FIVE_MINUTES, first_day=DAY, rows=unknown_days(num_days))


def window(of: OwnTable, last: int, num_days: int) -> list[int]:
    ordinals = np.array([(DAY + timedelta(days=last)).toordinal()])
    return list(with_tables(history(), {"rates": of}).window_digest(ordinals, num_days)[0])


def test_a_value_counts_from_the_moment_at_which_it_was_known() -> None:
    at = np.array([START_MS - 1, START_MS, START_MS + 3_599_999, START_MS + 3_600_000, START_MS + 10 * DAY_MS])

    np.testing.assert_array_equal(table().as_of(at), [np.nan, 0, 0, 1, 71])
    assert len(table().until(START_MS + 3_600_000).known_at_ms) == 2


def test_a_frame_is_read_in_utc_whatever_its_index() -> None:
    naive = pd.DatetimeIndex(["2024-01-01 00:00", "2024-01-01 08:00"])
    berlin = naive.tz_localize("UTC").tz_convert("Europe/Berlin")

    for index in (naive, berlin):
        read = OwnTable.of_frame(pd.DataFrame({"rate": [1, 2]}, index=index))
        assert list(read.known_at_ms - START_MS) == [0, 8 * 3_600_000]
        assert list(read.as_of(read.known_at_ms)) == [1.0, 2.0]


def test_a_table_out_of_order_or_of_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match="must ascend"):
        OwnTable(known_at_ms=HOURS[::-1], values=np.zeros((72, 1)))
    with pytest.raises(ValueError, match=r"needs times \(N,\) and values \(N, C\)"):
        OwnTable(known_at_ms=HOURS, values=np.zeros(72))


def test_a_correction_changes_the_windows_that_hold_its_day_and_no_others() -> None:
    corrected = table(row_30=99.0)  # on the second day

    assert window(corrected, 1, 2) != window(table(), 1, 2)
    assert window(corrected, 3, 3) != window(table(), 3, 3)
    assert window(corrected, 0, 1) == window(table(), 0, 1)
    assert window(corrected, 3, 2) == window(table(), 3, 2)


def test_without_tables_or_days_a_history_stays_as_it_is() -> None:
    plain = history()

    assert with_tables(plain, {}) is plain
    assert len(with_tables(empty_history(FIVE_MINUTES, DAY), {"rates": table()})) == 0
    assert with_tables(plain, {"rates": table()}).until(2).beside is not None
