"""Reads the stored candles of many coins, a few coins ahead; an error of one coin does not affect the others."""

from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date

from coin_models.errors import CoinModelsError
from coin_models.market.candles import Candles
from coin_models.market.store import CandleStore

_AHEAD = 8  # coins: enough for a distant store, and 500 coins never lie in memory together


def read_ahead(
    store: CandleStore, spans: Mapping[str, tuple[date, date]]
) -> Iterator[tuple[str, Candles | CoinModelsError]]:
    """Each coin's stored candles from the first to the last day of its span, or why they cannot be read."""
    if not spans:
        return
    first, last = min(first for first, _ in spans.values()), max(last for _, last in spans.values())
    histories = store.histories(list(spans), first, last)
    threads = ThreadPoolExecutor(_AHEAD, thread_name_prefix="candle-read")
    reading: deque[tuple[str, Future[Candles]]] = deque()
    waiting = iter(spans.items())
    try:
        while True:
            while len(reading) < _AHEAD and (following := next(waiting, None)) is not None:
                coin, (first, last) = following
                reading.append((coin, threads.submit(store.read, coin, histories[coin], first, last)))
            if not reading:
                return
            coin, future = reading.popleft()
            try:
                yield coin, future.result()
            except CoinModelsError as error:
                yield coin, error
    finally:
        threads.shutdown(wait=False, cancel_futures=True)
