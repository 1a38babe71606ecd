"""Records the forecasts of days that were traded before forecasts were recorded, by trading these days again.

The same versions, candles and rules give the same rows; only the forecasts are added. What has changed since is brought up to
date meanwhile, as by any other run.
"""

from collections.abc import Collection, Iterator
from datetime import date

from coin_models.pipeline.derived.digests import DerivedKind
from coin_models.pipeline.derived.repository import read_digests
from coin_models.pipeline.derived.settle import settle_trades
from coin_models.pipeline.services import Services
from coin_models.pipeline.shadow_trades import TradedCoin, TradingSpan


def days_to_record(
    services: Services, coins: Collection[str] | None, first: date, last: date, *, again: bool = False
) -> dict[str, list[date]]:
    """By coin, the traded days of which no forecasts are recorded, oldest first.

    Args:
        services: of the home.
        coins: None: all that were traded.
        first, last: trading days.
        again: all traded days, those that are recorded too.
    """
    by_coin: dict[str, list[date]] = {}
    if again:
        with services.database.read() as connection:
            traded = read_digests(connection, DerivedKind.TRADES, first, last)
        return {coin: sorted(days) for coin, days in traded.items() if coins is None or coin in coins}
    for coin, day in services.forecasts.unrecorded(coins, first, last):
        by_coin.setdefault(coin, []).append(day)
    return by_coin


def record_forecasts(services: Services, wanted: dict[str, list[date]]) -> Iterator[TradedCoin]:
    """Trades these days again, oldest first, then the later ones that are stale by it."""
    if not wanted:
        return
    days = [day for some in wanted.values() for day in some]
    yield from TradingSpan(services, list(wanted), min(days), max(days)).trade(wanted)
    yield from settle_trades(services, wanted)
