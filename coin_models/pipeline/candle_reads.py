"""Reads the stored candles of many coins, a few coins ahead; an error of one coin does not affect the others."""

from collections.abc import Iterator, Mapping
from datetime import date

from coin_models.errors import CoinModelsError
from coin_models.market.candles import Candles
from coin_models.market.store import CandleStore
from coin_models.pipeline.ahead import work_ahead

_AHEAD = 8  # coins: enough for a distant store, and 500 coins never lie in memory together


def read_ahead(
    store: CandleStore, spans: Mapping[str, tuple[date, date]]
) -> Iterator[tuple[str, Candles | CoinModelsError]]:
    """Each coin's stored candles from the first to the last day of its span, or why they cannot be read."""
    if not spans:
        return
    first, last = min(first for first, _ in spans.values()), max(last for _, last in spans.values())
    histories = store.histories(list(spans), first, last)

    def read(coin: str) -> tuple[str, Candles | CoinModelsError]:
        try:
            return coin, store.read(coin, histories[coin], *spans[coin])
        except CoinModelsError as error:
            return coin, error

    yield from work_ahead(read, spans, num_ahead=_AHEAD, name="candle-read")
