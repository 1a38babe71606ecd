"""Works a few items ahead of who uses the results, so that neither waits for the other and few are in memory."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


def work_ahead(work: Callable[[T], R], items: Iterable[T], *, num_ahead: int, name: str) -> Generator[R]:
    """The result of each item, in order; up to `num_ahead` others are worked on, in threads of this name, meanwhile.

    An error is raised where the result would have come. Closed early, it waits for nothing: work that has not begun is dropped.
    """
    waiting = iter(items)
    threads = ThreadPoolExecutor(num_ahead, thread_name_prefix=name)
    ahead: deque[Future[R]] = deque(threads.submit(work, item) for item in islice(waiting, num_ahead))
    try:
        while ahead:
            result = ahead.popleft().result()
            ahead.extend(threads.submit(work, item) for item in islice(waiting, 1))
            yield result
            del result  # else it would live until the next one is there
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
