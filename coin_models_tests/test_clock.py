"""Clocks, and the newest day that is complete."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from coin_models.clock import FixedClock, SystemClock, newest_complete_day


def test_the_machines_clock_is_utc_aware() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)


def test_a_fixed_clock_stands_still_until_it_is_moved_forwards_or_backwards() -> None:
    clock = FixedClock(datetime(2024, 8, 16, 12, tzinfo=UTC))
    first, second = clock.now(), clock.now()
    clock.advance(timedelta(hours=1))
    clock.advance(timedelta(hours=-3))

    assert first == second == datetime(2024, 8, 16, 12, tzinfo=UTC)
    assert clock.now() == datetime(2024, 8, 16, 10, tzinfo=UTC)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="has no time zone"):
        FixedClock(datetime(2024, 8, 16, 12))  # noqa: DTZ001 - the fault under test


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2024, 8, 16, 0, 0, tzinfo=UTC), date(2024, 8, 15)),  # the last candle closed just now
        (datetime(2024, 8, 15, 23, 59, 59, tzinfo=UTC), date(2024, 8, 14)),
        (datetime(2024, 8, 16, 1, tzinfo=timezone(timedelta(hours=9))), date(2024, 8, 14)),  # 16:00 UTC of the 15th
    ],
)
def test_the_newest_complete_day_is_yesterday_in_utc(now: datetime, day: date) -> None:
    assert newest_complete_day(FixedClock(now)) == day
