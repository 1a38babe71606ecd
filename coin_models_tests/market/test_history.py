"""Facts of days: counts, digests, windows."""

from datetime import date, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from coin_models.market.candles import Candles, empty_candles
from coin_models.market.history import (
    History,
    day_digest,
    day_facts,
    digest_hex,
    unknown_days,
)
from coin_models_tests.market.builders import DAY, HOUR, candles_at, history_of_candles, walk

FIRST = date(2024, 8, 1)
AUGUST = history_of_candles(walk(31, first=FIRST), FIRST, date(2024, 8, 31))


def _ordinals(*days: date) -> np.ndarray:
    return np.array([day.toordinal() for day in days])


def test_the_facts_of_a_day_are_counted_from_its_candles() -> None:
    ohlcv = np.array([[100.0, 102, 99, 101, 10], [101.0, 102, 100, 101, 0]])
    candles = Candles(timeframe=HOUR, open_time_ms=candles_at([3, 5]).open_time_ms, ohlcv=ohlcv)

    row = day_facts(candles, DAY, asked_at=7, num_answers=300)[0]

    assert (row["num_candles"], row["num_traded"], row["turnover"]) == (2, 1, 1010.0)
    assert (row["first_open_ms"], row["asked_at"], row["num_answers"]) == (3 * HOUR.ms, 7, 255)
    assert digest_hex(row) == day_digest(candles, DAY).hex()


def test_a_day_without_candles_has_no_digest_and_is_stored_all_the_same() -> None:
    row = day_facts(empty_candles(HOUR), DAY)[0]

    assert (row["num_candles"], row["first_open_ms"], digest_hex(row)) == (0, -1, "00" * 32)


def test_the_digest_of_a_day_is_the_same_on_every_machine() -> None:
    digest = day_digest(candles_at([0, 1]), DAY).hex()

    assert digest == "cc3850f860e021c718aba2cbea39cf3857e62a800f104d3d1fcb05157f660a24"


def test_first_open_is_told_in_epoch_time() -> None:
    history = history_of_candles(candles_at([3]), DAY - timedelta(days=1), DAY)

    assert history.first_open_ms.tolist() == [-1, int(candles_at([3]).open_time_ms[0])]


@given(
    end=st.integers(0, 30),
    num_days=st.integers(1, 31),
    changed=st.integers(0, 30),
    what=st.sampled_from(["candle", "gone", "unknown"]),
)
def test_a_window_digest_changes_exactly_when_a_day_in_the_window_changes(
    end: int, num_days: int, changed: int, what: str
) -> None:
    day = FIRST + timedelta(days=changed)
    rows = AUGUST.rows.copy()
    if what == "unknown":
        rows[changed : changed + 1] = unknown_days(1)
    else:
        rows[changed : changed + 1] = day_facts(candles_at([0] if what == "candle" else [], day=day), day)
    other = History(timeframe=HOUR, first_day=FIRST, rows=rows)
    last = _ordinals(FIRST + timedelta(days=end))

    differs = (AUGUST.window_digest(last, num_days) != other.window_digest(last, num_days)).any()

    assert differs == (end - num_days < changed <= end)


def test_a_window_digest_does_not_depend_on_what_is_known_outside_the_window() -> None:
    late = History(timeframe=HOUR, first_day=date(2024, 8, 10), rows=AUGUST.rows[9:])
    days = _ordinals(date(2024, 8, 14), date(2024, 8, 20))

    assert late.window_digest(days, 5).tolist() == AUGUST.window_digest(days, 5).tolist()


def test_the_same_candles_a_day_later_have_another_digest() -> None:
    today, tomorrow = day_digest(candles_at([0]), DAY), day_digest(candles_at([0], day=DAY + timedelta(days=1)), DAY)

    assert today != tomorrow
