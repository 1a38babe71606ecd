"""Tops up the candles of the days that are worked on, for many coins at once."""

from collections.abc import Iterator, Sequence
from datetime import date

from coin_models.market.asking import CandleProblem, CoinCandles, Request
from coin_models.market.store import CandleStore
from coin_models.market.top_up import ensure
from coin_models.pipeline.plan.recipe import recipe_of
from coin_models.pipeline.services import Services


def fetch_candles(
    services: Services, day: date, coins: Sequence[str], *, candles: CandleStore | None = None
) -> Iterator[CoinCandles | CandleProblem]:
    """As `ensure_candles`, for one trading day."""
    return ensure_candles(services, day, day, coins, candles=candles)


def ensure_candles(
    services: Services, first_day: date, last_day: date, coins: Sequence[str], *, candles: CandleStore | None = None
) -> Iterator[CoinCandles | CandleProblem]:
    """Asks the source for what is not known well enough of the windows of these trading days; yields coins as they come.

    Args:
        services: the parts.
        first_day: the first trading day; candles are asked from the window of the earliest day that it may start from.
        last_day: the last trading day.
        coins: whose candles.
        candles: where they are kept; None: the services' own store.
    """
    recipe = recipe_of(services.settings)
    request = Request(first=recipe.first_candle_day(recipe.parents_from(first_day)), last=last_day)
    concurrency = services.settings.market.fetch_concurrency
    return ensure(services.source, candles or services.candles, coins, request, services.clock, concurrency=concurrency)


def refresh_candles(
    services: Services, first: date, last: date, coins: Sequence[str], *, candles: CandleStore | None = None
) -> Iterator[CoinCandles | CandleProblem]:
    """Asks the source again for the days from `first` to `last` themselves, also where they are known well enough.

    They are kept in `candles`; None: in the services' own store.
    """
    request = Request(first=first, last=last, refresh=True)
    concurrency = services.settings.market.fetch_concurrency
    return ensure(services.source, candles or services.candles, coins, request, services.clock, concurrency=concurrency)
