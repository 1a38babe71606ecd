"""A trading day's candles for many coins at once, each coin's trouble kept to itself.

Belongs here: topping the store up from the source. Not here: how a source works, whether a coin is trained.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import date

from coin_models.daily.prepare import first_candle_day
from coin_models.daily.workshop import Workshop
from coin_models.errors import CoinModelsError
from coin_models.market.candles import Candles
from coin_models.market.store import ensure_candles


def fetch_candles(
    workshop: Workshop, day: date, coins: Sequence[str]
) -> Iterator[tuple[str, Candles | CoinModelsError]]:
    """Fetches and stores what is missing of the lookback that ends with `day`; yields each coin's, or its error."""
    first = first_candle_day(day, workshop.settings)
    threads = ThreadPoolExecutor(workshop.settings.market.fetch_concurrency, thread_name_prefix="fetch")
    try:
        waiting = {
            threads.submit(ensure_candles, workshop.source, workshop.candles, coin, first, day, workshop.clock): coin
            for coin in coins
        }
        for future in as_completed(waiting):
            try:
                yield waiting[future], future.result()
            except CoinModelsError as error:
                yield waiting[future], error
    finally:
        threads.shutdown(wait=False, cancel_futures=True)  # a signal must not wait for a slow exchange
