"""Months as bytes: packing, joining, merging."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coin_models.errors import DatabaseError
from coin_models.market.history import OPEN, Rows, day_facts, unknown_days
from coin_models.market.months import join_months, merge_month, month_of, num_days_of, pack_month, unpack_month
from coin_models_tests.market.builders import DAY, HOUR, candles_at, history_of_candles, walk

FIRST = date(2024, 8, 1)
AUGUST = history_of_candles(walk(31, first=FIRST), FIRST, date(2024, 8, 31))


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
