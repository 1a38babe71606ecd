"""A trading day's candles for many coins at once, each coin's trouble kept to itself.

Belongs here: topping the store up from the source. Not here: how a source works, whether a coin is trained.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import date

from coin_models.errors import CoinModelsError
from coin_models.market.candles import Candles
from coin_models.market.store import ensure_candles
from coin_models.pipeline.services import Services
from coin_models.pipeline.train.prepare import first_candle_day


def day_problem(candles: Candles, day: date, min_coverage: float) -> str | None:
    """Why these candles do not count as the whole day's; None when they do.

    They do when the day's last candle is there (then what is missing is a gap, which the eligibility rules judge), or
    when enough of them are there for a model.
    """
    of_day = candles.slice_days(day, day)
    expected = candles.timeframe.candles_per_day
    newest = candles.last_close_time
    if len(of_day) >= min_coverage * expected or (newest is not None and newest.date() > day):
        return None
    return (
        f"the source has {len(of_day)} of {expected} candles of {day} and not the last one: "
        "it has not delivered the day yet, or the coin was delisted"
    )


def fetch_candles(
    services: Services, day: date, coins: Sequence[str]
) -> Iterator[tuple[str, Candles | CoinModelsError]]:
    """Fetches and stores what is missing of the lookback that ends with `day`; yields each coin's, or its error."""
    first = first_candle_day(day, services.settings)
    threads = ThreadPoolExecutor(services.settings.market.fetch_concurrency, thread_name_prefix="fetch")
    try:
        waiting = {
            threads.submit(ensure_candles, services.source, services.candles, coin, first, day, services.clock): coin
            for coin in coins
        }
        for future in as_completed(waiting):
            try:
                yield waiting[future], future.result()
            except CoinModelsError as error:
                yield waiting[future], error
    finally:
        threads.shutdown(wait=False, cancel_futures=True)  # a signal must not wait for a slow exchange
