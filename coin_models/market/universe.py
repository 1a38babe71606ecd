"""Which coins there are, and which of them are good enough to be trained on a day.

Belongs here: the stated rules of eligibility, and the universe that the settings mean. Not here: facts about single
days (`quality`). Imports neither pandas nor pyarrow nor ccxt: definitions of 500 coins load through it.

The rules, in the order in which they are asked; the first that holds is the reason that people see:

| rule | a coin is not trained on day D when |
|---|---|
| not listed | it has no candle up to the end of D |
| thin day | fewer than `min_day_coverage` of D's candles are there (the listing day, an outage, a delisting) |
| short history | fewer than `min_history_days` days of the lookback have `min_day_coverage` of their candles |
| illiquid | more than `max_zero_volume_share` of the lookback's candles since listing have no volume or are missing |
| thin turnover | the median day of the lookback turned over less than `min_daily_turnover`, in the quote asset |
| stablecoin | its daily volatility over the lookback is below `min_daily_volatility` |

A coin listed within the lookback is trained on what there is of it, once that is `min_history_days`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np

from coin_models.errors import SourceRefused
from coin_models.market.candles import CLOSE, VOLUME, Candles
from coin_models.market.sources.demo_coins import DEMO_COINS
from coin_models.market.sources.listing import coin_files
from coin_models.market.timeframe import DAY_MS, day_start_ms
from coin_models.settings.market import MarketSettings
from coin_models.settings.root import Settings

_RETURN_CAP: Final = 5.0  # times the 68 % quantile of the moves: one wick must not turn a stablecoin into a coin


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligibility:
    """Whether a coin is trained on a day, and if not, by which rule."""

    coin: str
    eligible: bool
    reason: str | None = None

    def __post_init__(self) -> None:
        if self.eligible == (self.reason is not None):
            raise ValueError(
                f"{self.coin}: a reason is given exactly when a coin is not eligible; found {self.reason!r}"
            )


def resolve_universe(settings: Settings) -> tuple[str, ...]:
    """The coins that the settings mean, in order: those they name, or all of the demo market or of the folder.

    Raises:
        SourceRefused: the folder of candle files does not exist or holds none of this quote asset.
    """
    if settings.universe:
        return settings.universe
    if settings.source == "demo":
        return tuple(DEMO_COINS)
    if settings.market.files_path is None:
        raise SourceRefused(f"source {settings.source!r} lists no coins; name them (COIN_MODELS_UNIVERSE=BTC,ETH)")
    return tuple(coin_files(settings.market.files_path, settings.quote))


def assess_eligibility(
    coin: str, candles: Candles, day: date, market: MarketSettings, lookback_days: int
) -> Eligibility:
    """Applies the stated rules to the `lookback_days` days that end with `day`.

    Args:
        coin: its name.
        candles: what is known of it; candles outside the lookback are ignored.
        day: the trading day.
        market: the thresholds.
        lookback_days: days of candles that a model is fitted on.
    """
    known = candles.slice_days(day - timedelta(days=lookback_days - 1), day)
    reason = _reason(known, day, market)
    return Eligibility(coin=coin, eligible=reason is None, reason=reason)


def _reason(candles: Candles, day: date, market: MarketSettings) -> str | None:
    if not len(candles):
        return f"not listed: no candle up to the end of {day}"
    per_day = np.bincount((candles.open_time_ms - candles.open_time_ms[0] // DAY_MS * DAY_MS) // DAY_MS)
    good_days = int((per_day >= market.min_day_coverage * candles.timeframe.candles_per_day).sum())
    return (
        _thin_day(candles, day, market)
        or _short_history(good_days, market)
        or _illiquid(candles, day, market)
        or _stablecoin(candles, market)
    )


def _thin_day(candles: Candles, day: date, market: MarketSettings) -> str | None:
    expected = candles.timeframe.candles_per_day
    num_candles = int((candles.open_time_ms >= day_start_ms(day)).sum())
    if num_candles >= market.min_day_coverage * expected:
        return None
    return f"thin day: {num_candles} of {expected} candles on {day}, {market.min_day_coverage:.0%} are needed"


def _short_history(good_days: int, market: MarketSettings) -> str | None:
    if good_days >= market.min_history_days:
        return None
    return f"short history: {good_days} days with enough candles, {market.min_history_days} are needed"


def _stablecoin(candles: Candles, market: MarketSettings) -> str | None:
    volatility = daily_volatility(candles)
    if volatility >= market.min_daily_volatility:
        return None
    return f"stablecoin: daily volatility {volatility:.3%}, below {market.min_daily_volatility:.3%}"


def _illiquid(candles: Candles, day: date, market: MarketSettings) -> str | None:
    traded = int((candles.volume > 0).sum())
    possible = (day_start_ms(day) + DAY_MS - int(candles.open_time_ms[0])) // candles.timeframe.ms
    share = 1 - traded / possible
    if share > market.max_zero_volume_share:
        return (
            f"illiquid: no trade in {share:.0%} of the candles, at most {market.max_zero_volume_share:.0%} are allowed"
        )
    turnover = median_daily_turnover(candles)
    if turnover < market.min_daily_turnover:
        return f"illiquid: median daily turnover {turnover:,.0f}, below {market.min_daily_turnover:,.0f}"
    return None


def daily_volatility(candles: Candles) -> float:
    """Standard deviation of the daily log return, estimated from candles, a fraction; jumps are capped."""
    returns = np.diff(np.log(candles.close))
    moves = np.abs(returns[returns != 0])
    if not len(moves):
        return 0.0
    cap = _RETURN_CAP * float(np.quantile(moves, 0.68))
    capped = np.clip(returns, -cap, cap)
    return float(np.sqrt(np.mean(capped**2) * candles.timeframe.candles_per_day))


def median_daily_turnover(candles: Candles) -> float:
    """Median over days of the sum of volume times close, in the quote asset."""
    number = (candles.open_time_ms // DAY_MS) - candles.open_time_ms[0] // DAY_MS
    turnover = np.bincount(number, weights=candles.ohlcv[:, VOLUME] * candles.ohlcv[:, CLOSE])
    return float(np.median(turnover))


def listed(universe: Sequence[str]) -> str:
    """The first dozen coins, for a sentence."""
    return ", ".join(universe[:12]) + (" ..." if len(universe) > 12 else "")
