"""Facts of days: digests, windows, months as bytes, and merging."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coin_models.errors import DatabaseError
from coin_models.market.candles import Candles, empty_candles
from coin_models.market.history import (
    OPEN,
    History,
    Rows,
    day_digest,
    day_facts,
    digest_hex,
    unknown_days,
)
from coin_models.market.months import join_months, merge_month, month_of, num_days_of, pack_month, unpack_month
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


def test_months_are_joined_in_order_and_a_month_left_out_is_unknown() -> None:
    august = pack_month(AUGUST.rows, ("a",))
    october = pack_month(unknown_days(31), ())

    history = join_months(HOUR, [(FIRST, august), (date(2024, 10, 1), october)])

    assert (len(history), history.first_day) == (31 + 30 + 31, FIRST)
    assert (history.num_candles[:31] == 24).all()
    assert (history.num_candles[31:] == -1).all()


def test_each_day_keeps_its_source_when_months_name_different_ones() -> None:
    first = pack_month(day_facts(candles_at([0]), DAY, source=1), ("x", "b"))
    second = pack_month(day_facts(candles_at([0]), DAY, source=0), ("a",))

    history = join_months(HOUR, [(DAY, first), (DAY + timedelta(days=1), second)])

    assert [history.source_of(0), history.source_of(1)] == ["b", "a"]


@pytest.mark.parametrize("data", [b"", b"CMD1", b"CMD9" + bytes(60), pack_month(unknown_days(2), ())[:-1]])
def test_bytes_that_are_no_month_are_refused(data: bytes) -> None:
    with pytest.raises(DatabaseError, match="candle_months"):
        unpack_month(data)


def test_the_length_of_a_month_follows_the_calendar() -> None:
    assert (month_of(DAY), num_days_of(date(2024, 2, 1)), num_days_of(date(2023, 2, 1))) == (FIRST, 29, 28)


@st.composite
def months(draw: st.DrawFn) -> tuple[Rows, tuple[str, ...]]:
    """Three days of facts with the names of their sources."""
    names = draw(st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=3, unique=True))
    rows = unknown_days(3)
    for k in range(3):
        day, asked_at = DAY + timedelta(days=k), draw(st.integers(0, 3))
        source = draw(st.integers(0, len(names) - 1))
        state = draw(st.sampled_from(["stored", "stored", "open", "unknown"]))
        if state == "stored":
            candles = candles_at(sorted(draw(st.sets(st.integers(0, 3)))), day=day)
            rows[k : k + 1] = day_facts(candles, day, asked_at=asked_at, num_answers=1, source=source)
        elif state == "open":
            rows[k : k + 1] = unknown_days(1)
            rows[k]["flags"], rows[k]["asked_at"], rows[k]["source"] = OPEN, asked_at, source
    return rows, tuple(names)


@given(months())
def test_a_month_survives_its_bytes(month: tuple[Rows, tuple[str, ...]]) -> None:
    rows, names = unpack_month(pack_month(*month))

    assert (rows.tobytes(), names) == (month[0].tobytes(), month[1])


@given(months(), months())
def test_merging_is_idempotent_and_the_order_does_not_matter(
    a: tuple[Rows, tuple[str, ...]], b: tuple[Rows, tuple[str, ...]]
) -> None:
    merged = pack_month(*merge_month(a, b))

    assert pack_month(*merge_month(b, a)) == merged
    assert pack_month(*merge_month(unpack_month(merged), a)) == merged
    assert pack_month(*merge_month(unpack_month(merged), b)) == merged


@given(months(), months(), months())
def test_merging_three_answers_gives_the_same_in_every_grouping(
    a: tuple[Rows, tuple[str, ...]], b: tuple[Rows, tuple[str, ...]], c: tuple[Rows, tuple[str, ...]]
) -> None:
    assert pack_month(*merge_month(merge_month(a, b), c)) == pack_month(*merge_month(a, merge_month(b, c)))


def test_of_two_answers_the_newer_one_counts() -> None:
    old = (day_facts(candles_at([0, 1]), DAY, asked_at=1), ("a",))
    new = (day_facts(candles_at([0]), DAY, asked_at=2), ("b",))

    rows, names = merge_month(old, new)

    assert (int(rows["num_candles"][0]), names) == (1, ("b",))


def test_an_answer_without_the_day_never_takes_a_stored_day_away() -> None:
    stored = (day_facts(candles_at([0]), DAY, asked_at=1), ("a",))
    silent = unknown_days(1)
    silent["flags"], silent["asked_at"] = OPEN, 9

    rows, _ = merge_month(stored, (silent, ("a",)))

    assert int(rows["num_candles"][0]) == 1
