"""Tops up the candles of many coins concurrently; an error of one coin does not affect the others.

`ensure` is the only entry point. One coin is handled in `top_up_days` and `top_up_files`.
"""

import logging
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from coin_models.clock import Clock, newest_complete_day
from coin_models.errors import CoinModelsError, MarketError
from coin_models.market.asking import CandleProblem, CoinCandles, Request
from coin_models.market.candle_files import FileFacts
from coin_models.market.history import History
from coin_models.market.source import CandleSource, FileBacked
from coin_models.market.store import CandleStore
from coin_models.market.top_up_days import top_up_days
from coin_models.market.top_up_files import top_up_from_file

_log = logging.getLogger(__name__)


def ensure(
    source: CandleSource,
    candles: CandleStore,
    coins: Sequence[str],
    request: Request,
    clock: Clock,
    *,
    concurrency: int = 4,
) -> Iterator[CoinCandles | CandleProblem]:
    """Tops up what is known of each coin; yields each as it is done. Of a day that is not over, nothing is asked.

    Args:
        source: where candles come from.
        candles: where they are kept.
        coins: whose.
        request: which days.
        clock: tells which days are over.
        concurrency: coins at the same time.

    Raises:
        DatabaseError: the index cannot be read at all. Every other trouble is a coin's `CandleProblem`.
    """
    last = min(request.last, newest_complete_day(clock))
    asked = Request(first=request.first, last=last, refresh=request.refresh)
    histories = candles.histories(coins, asked.first, max(asked.first, last))
    files = candles.files.read(coins) if isinstance(source, FileBacked) else {}
    threads = ThreadPoolExecutor(concurrency, thread_name_prefix="fetch")
    try:
        waiting = [
            threads.submit(_kept_apart, source, candles, coin, histories[coin], files.get(coin, ()), asked, clock)
            for coin in coins
        ]
        for future in as_completed(waiting):
            yield future.result()
    finally:
        threads.shutdown(wait=False, cancel_futures=True)  # a signal must not wait for a slow exchange


def _kept_apart(
    source: CandleSource,
    candles: CandleStore,
    coin: str,
    history: History,
    files: tuple[FileFacts, ...],
    request: Request,
    clock: Clock,
) -> CoinCandles | CandleProblem:
    try:
        if candles.adopt(coin, history, request.first, request.last):
            history = candles.histories([coin], request.first, request.last)[coin]
        if isinstance(source, FileBacked):
            return top_up_from_file(source, candles, coin, history, files, request, clock)
        return top_up_days(source, candles, coin, history, request, clock)
    except CoinModelsError as error:
        return CandleProblem(coin=coin, error=error, history=history)
    except Exception as error:  # noqa: BLE001 - one coin's defect must not stop the others
        _log.exception("%s: candles could not be topped up", coin)
        message = f"candles of {coin} could not be topped up: {type(error).__name__}: {error}"
        return CandleProblem(coin=coin, error=MarketError(message), history=history)
