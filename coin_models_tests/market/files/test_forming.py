"""Which of two rows of one time is the later one."""

import numpy as np
import pytest

from coin_models.market.files.forming import contains, is_newest_first


@pytest.mark.parametrize(
    ("times", "newest_first"),
    [
        ([], False),
        ([1], False),
        ([1, 2, 3], False),
        ([3, 2, 1], True),
        ([2, 1], True),
        ([3, 3, 2, 2, 1], True),
        ([5, 6, 7, 1, 2, 3], False),  # an older download behind a newer one
        ([2, 5, 4, 3, 2], True),  # a row of later, put before the others
        ([np.nan, 3, np.nan, 1, 0], True),
    ],
)
def test_the_order_of_rows_is_that_of_most_steps(times: list[float], newest_first: bool) -> None:
    assert is_newest_first(np.array(times, dtype=np.float64)) is newest_first


def test_a_candle_contains_the_one_that_it_was_before_more_was_traded() -> None:
    forming = np.array([[100.0, 101.0, 99.0, 100.5, 3.0]])
    whole, as_much = np.array([[100.0, 102.0, 99.0, 99.5, 4.0]]), np.array([[100.0, 102.0, 99.0, 99.5, 3.0]])

    assert contains(whole, forming).tolist() == [True]
    assert contains(forming, whole).tolist() == [False]
    assert contains(as_much, forming).tolist() == [False]
