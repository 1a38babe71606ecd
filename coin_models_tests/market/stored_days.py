"""Four days of a coin, and the candle counts that a store has of them."""

from datetime import date, timedelta

from coin_models.market.history import History, row_of
from coin_models_tests.market.builders import DAY, walk

FIRST = DAY - timedelta(days=3)
HISTORY = walk(5, first=FIRST)  # ends a day after DAY
AN_HOUR = timedelta(hours=1)


def candle_counts(history: History, first: date = FIRST, last: date = DAY) -> list[int]:
    days = [first + timedelta(days=k) for k in range((last - first).days + 1)]
    return [int(row_of(history, day)["num_candles"]) for day in days]
