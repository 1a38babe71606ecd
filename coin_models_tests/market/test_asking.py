"""Which days are requested again, and what failed."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from coin_models.errors import CandlesRejected, CoinModelsError, CoinUnknown, SourceRefused, SourceUnavailable
from coin_models.market.asking import (
    ANSWERS_NEEDED,
    ASK_AGAIN_SECONDS,
    CandleProblem,
    Changes,
    asked_after,
    is_due,
    is_same,
    open_row,
    runs,
)
from coin_models.market.history import ENDED, OPEN, SUBSTITUTE, History, Rows, day_facts, unknown_days
from coin_models_tests.market.builders import DAY, HOUR, candles_at

NOW = 1_000_000


def row_of_day(steps: range, *, flags: int = 0, seconds_ago: int = 0, num_answers: int = 1) -> Rows:
    return day_facts(candles_at(list(steps)), DAY, asked_at=NOW - seconds_ago, num_answers=num_answers, flags=flags)


@pytest.mark.parametrize(
    ("row", "due"),
    [
        (unknown_days(1), True),
        (row_of_day(range(24), seconds_ago=10**5), False),
        (row_of_day(range(23), seconds_ago=ASK_AGAIN_SECONDS), True),
        (row_of_day(range(23), seconds_ago=ASK_AGAIN_SECONDS - 1), False),
        (row_of_day(range(23), seconds_ago=10**5, num_answers=ANSWERS_NEEDED), False),
        (open_row(unknown_days(1)[0], NOW, OPEN), True),
        (open_row(unknown_days(1)[0], NOW, ENDED), False),
        (row_of_day(range(24), flags=ENDED, seconds_ago=ASK_AGAIN_SECONDS), True),
        (row_of_day(range(24), flags=SUBSTITUTE, seconds_ago=ASK_AGAIN_SECONDS - 1), False),
        (row_of_day(range(24), flags=SUBSTITUTE, seconds_ago=ASK_AGAIN_SECONDS), True),
    ],
    ids=[
        "nothing known", "complete", "incomplete an hour ago", "incomplete just now", "three answers agree", "open",
        "ended just now", "ended an hour ago", "substitute just now", "substitute an hour ago",
    ],
)  # fmt: skip
def test_a_day_is_due_by_what_is_known_of_it(row: Any, due: bool) -> None:
    assert is_due(History(timeframe=HOUR, first_day=DAY, rows=row), DAY, NOW) == due


def test_consecutive_days_are_one_run() -> None:
    days = [DAY + timedelta(days=k) for k in (0, 1, 2, 5, 7, 8)]

    assert [((last - first).days + 1, (first - DAY).days) for first, last in runs(days)] == [(3, 0), (1, 5), (2, 7)]
    assert list(runs(list[date]())) == []


def test_an_answer_is_later_than_the_one_before_whatever_the_clocks_say() -> None:
    ahead = row_of_day(range(24), seconds_ago=-50)[0]

    assert (asked_after(ahead, NOW), asked_after(ahead, NOW + 99)) == (NOW + 51, NOW + 99)


def test_the_number_of_answers_does_not_overflow() -> None:
    row = unknown_days(1)
    row["num_answers"] = 255

    assert int(open_row(row[0], NOW, OPEN)["num_answers"][0]) == 255


def test_rows_are_the_same_by_their_candles_alone() -> None:
    first, later, other = (
        row_of_day(range(3)),
        row_of_day(range(3), flags=ENDED, num_answers=2),
        row_of_day(range(1, 4)),
    )

    assert is_same(first[0], later[0])
    assert not is_same(first[0], other[0])


def test_a_day_that_was_stored_before_is_changed_and_another_one_is_new() -> None:
    changes = Changes()
    changes.note(DAY, row_of_day(range(0))[0])
    changes.note(DAY + timedelta(days=1), unknown_days(1)[0])

    assert (changes.changed, changes.added) == ([DAY], [DAY + timedelta(days=1)])


@pytest.mark.parametrize(
    ("error", "place"),
    [
        (SourceUnavailable("maintenance"), "source"),
        (SourceRefused("another region"), "source"),
        (CoinUnknown("no such market"), None),
        (CandlesRejected("a price of zero"), None),
    ],
)
def test_a_problem_is_of_the_source_as_a_whole_or_of_the_coin(error: CoinModelsError, place: str | None) -> None:
    problem = CandleProblem(coin="BTC", error=error, history=History(timeframe=HOUR, first_day=DAY, rows=np.array([])))

    assert (problem.place, str(problem)) == (place, str(error))
