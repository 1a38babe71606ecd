"""Holes in candles, and the picture of the days."""

from datetime import date, timedelta

from coin_models.market.holes import coverage_lines, find_holes, holes_of_days
from coin_models_tests.market.builders import DAY, HOUR, candles_at


def test_holes_between_candles_are_found_with_their_length() -> None:
    holes = find_holes(candles_at([0, 1, 4, 5, 7]))

    assert [(hole.start.hour, hole.end.hour, hole.num_candles) for hole in holes] == [(2, 4, 2), (6, 7, 1)]


def test_a_hole_over_midnight_is_one_and_nothing_is_missing_before_the_first_candle() -> None:
    tomorrow = DAY + timedelta(days=1)
    first = candles_at(list(range(5, 22)))  # listed at 05:00; 22:00 and 23:00 are missing
    second = candles_at(list(range(3, 24)), day=tomorrow)  # 00:00 to 02:00 are missing

    holes = holes_of_days({tomorrow: second, DAY: first}, HOUR, int(first.open_time_ms[0]))

    assert [(hole.start.hour, hole.end.hour, hole.num_candles) for hole in holes] == [(22, 3, 5)]


def test_each_month_is_a_line_and_each_day_a_mark() -> None:
    lines = coverage_lines(date(2024, 7, 30), [24, 23, 0, -1, 1, 24], 24)

    assert lines == ["2024-07 " + " " * 29 + "█▇", "2024-08 · ▁█"]
