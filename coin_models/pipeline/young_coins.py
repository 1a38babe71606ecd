"""Coins that are too young for a model of their own: which they are, and that the pool forecasts them until then.

A coin is young where all that keeps it from being trained is `market.min_history_days`, and `YOUNG_DAYS` of its days are good.
It has no version, no champion and no shadow trades; the forecast says that the pool made it (docs/adr/0134).
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import timedelta
from typing import Final

import numpy as np

from coin_models.market.eligibility import YOUNG_DAYS, Rule, assess
from coin_models.market.history import History
from coin_models.market.universe import resolve_universe
from coin_models.pipeline.plan.recipe import first_candle_day
from coin_models.pipeline.services import Services
from coin_models.registry.models_in_use import InUse, ModelInUse
from coin_models.registry.pool import Pool, read_pool

_LAST_DAYS: Final = 7  # the newest day of these whose candles are known decides


class YoungCoins:
    """The pool for the coins that nothing else forecasts; a model stays the same object until another version is newest."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._models: dict[str, ModelInUse] = {}  # by coin
        self._pool: Pool | None = None

    def added(self, in_use: InUse) -> InUse:
        """The same, with the pool in place of the failures of young coins.

        Raises:
            DatabaseError: the versions, or what is known of the candles, cannot be read.
        """
        without = [coin for coin, error in in_use.failures.items() if not error.transient]
        if not without:
            return in_use
        published = self._services.registry.newest(without)
        young = young_coins(self._services, [coin for coin in without if coin not in published])
        if not young:
            return in_use
        universe = resolve_universe(self._services.settings)
        self._pool = pool = read_pool(self._services.registry, universe, self._pool)
        if pool is None:
            return in_use
        models = self._models = {coin: self._kept(pool.model(coin), coin) for coin in young}
        failures = {coin: error for coin, error in in_use.failures.items() if coin not in models}
        return replace(in_use, models={**in_use.models, **models}, failures=failures)

    def _kept(self, made: ModelInUse, coin: str) -> ModelInUse:
        before = self._models.get(coin)
        return before if before is not None and before.version == made.version else made


def young_coins(services: Services, coins: Collection[str]) -> list[str]:
    """Those of these coins that are too young to be trained, and nothing else is wrong with them."""
    if not coins:
        return []
    last = services.newest_trading_day()
    first = first_candle_day(last, services.settings) - timedelta(days=_LAST_DAYS)
    histories = services.candle_index.histories(list(coins), first, last)
    return [coin for coin in coins if _is_young(services, histories[coin])]


def _is_young(services: Services, history: History) -> bool:
    settings = services.settings
    last = services.newest_trading_day()
    ordinals = last.toordinal() - np.arange(_LAST_DAYS)[::-1]
    days = (last - first_candle_day(last, settings)).days + 1
    young_market = settings.market.model_copy(update={"min_history_days": YOUNG_DAYS})
    codes, without_rule = (
        assess(history, ordinals, market, settings.training.lookback_days, window_days=days)
        for market in (settings.market, young_market)
    )
    stored = np.flatnonzero((codes != Rule.NOT_STORED) & (codes != Rule.NOT_DELIVERED))
    if not len(stored):
        return False
    newest = int(stored[-1])
    return bool(codes[newest] == Rule.SHORT_HISTORY and without_rule[newest] == Rule.ELIGIBLE)
