"""What is stored of a coin, summed up."""

from datetime import timedelta

import numpy as np

from coin_models.market.history import ENDED, OPEN, History, day_facts, unknown_days
from coin_models.market.inspection import IncompleteDay, inspect
from coin_models_tests.market.builders import DAY, HOUR, candles_at, walk

FIRST = DAY - timedelta(days=4)


def _history(*rows: np.ndarray) -> History:
    return History(timeframe=HOUR, first_day=FIRST, rows=np.concatenate(rows), sources=((0, ("a", "b")),))


def _whole(k: int, source: int = 0) -> np.ndarray:
    day = FIRST + timedelta(days=k)
    return day_facts(walk(1, first=day), day, num_answers=1, source=source)


def test_span_holes_and_sources_are_counted_from_the_first_candle_on() -> None:
    second = FIRST + timedelta(days=2)
    thin = day_facts(candles_at([0, 1], day=second), second, num_answers=2, source=1)

    stored = inspect("BTC", _history(day_facts(candles_at([]), FIRST), _whole(1), thin, unknown_days(1), _whole(4)))

    assert (stored.first_day, stored.last_day, stored.num_days) == (FIRST + timedelta(days=1), DAY, 3)
    assert stored.incomplete == (IncompleteDay(day=second, num_candles=2, num_answers=2),)
    assert (stored.num_missing_candles, stored.not_stored) == (22, (FIRST + timedelta(days=3),))
    assert stored.sources == (("a", 2), ("b", 1))


def test_days_that_the_source_has_not_shown_are_told_from_those_after_the_end() -> None:
    silent, ended = unknown_days(1), unknown_days(1)
    silent["flags"], ended["flags"] = OPEN, ENDED

    assert inspect("BTC", _history(_whole(0), silent)).not_shown == (FIRST + timedelta(days=1),)
    assert [inspect("BTC", _history(_whole(0), row)).is_ended for row in (silent, ended)] == [False, True]


def test_of_a_coin_without_known_candles_the_days_of_the_version_before_are_counted() -> None:
    stored = inspect("BTC", _history(unknown_days(3)), count_days_to_adopt=lambda coin: 7)

    assert (stored.first_day, stored.num_days_to_adopt) == (None, 7)
