import pytest

from coin_models.errors import UsageError
from coin_models.market.timeframe import day_of_ms, day_start_ms, days_between, parse_timeframe
from coin_models_tests.market.builders import DAY


@pytest.mark.parametrize(
    ("name", "seconds", "per_day"), [("1m", 60, 1440), ("5m", 300, 288), ("4h", 14_400, 6), ("1d", 86_400, 1)]
)
def test_a_timeframe_is_read_from_its_name(name: str, seconds: int, per_day: int) -> None:
    timeframe = parse_timeframe(name)

    assert (timeframe.seconds, timeframe.ms, timeframe.candles_per_day) == (seconds, seconds * 1000, per_day)


@pytest.mark.parametrize("name", ["", "5", "m5", "0m", "7h", "2d", "5M", "1w"])
def test_a_name_that_does_not_divide_a_day_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="timeframe"):
        parse_timeframe(name)


def test_a_day_starts_at_its_utc_midnight() -> None:
    start = day_start_ms(DAY)

    assert start == 1_723_680_000_000  # 2024-08-15 00:00 UTC, from `date -u -d 2024-08-15 +%s`
    assert (day_of_ms(start), day_of_ms(start - 1).day) == (DAY, 14)


def test_no_days_lie_between_a_day_and_the_day_before_it() -> None:
    assert days_between(DAY, DAY.replace(day=14)) == []
