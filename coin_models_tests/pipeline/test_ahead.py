"""Results come in order, a few items ahead, and an early end drops what has not begun."""

import threading

import pytest

from coin_models.pipeline.ahead import work_ahead


def join_threads(name: str) -> None:
    for thread in threading.enumerate():
        if thread.name.startswith(name):
            thread.join()


def test_results_come_in_order_whatever_takes_longest() -> None:
    second_is_done = threading.Event()

    def work(number: int) -> int:
        if number == 0:
            assert second_is_done.wait(10)
        if number == 1:
            second_is_done.set()
        return number * number

    assert list(work_ahead(work, range(5), num_ahead=2, name="squares")) == [0, 1, 4, 9, 16]


def test_no_more_than_so_many_are_begun_before_they_are_wanted() -> None:
    begun: list[int] = []
    results = work_ahead(begun.append, range(10), num_ahead=2, name="begun")

    next(results)
    results.close()
    join_threads("begun")

    assert {0} <= set(begun) <= {0, 1, 2}  # the one in use, and two ahead, which are dropped where they have not begun


def test_an_error_is_raised_in_its_place() -> None:
    results = work_ahead(lambda number: 1 // number, [1, 0, 1], num_ahead=2, name="errors")

    assert next(results) == 1
    with pytest.raises(ZeroDivisionError):
        next(results)


def test_of_nothing_there_is_nothing() -> None:
    assert list(work_ahead(str, [], num_ahead=3, name="nothing")) == []
