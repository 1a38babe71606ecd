"""What one unit of a quote asset is worth in US dollars, so that a threshold of turnover means the same in every market.

The values are rounded and do not follow the market: they turn a threshold of 2,000,000 dollars into about as many of
another asset (docs/adr/0111). `market.quote_usd` replaces them.
"""

import logging
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

_logger = logging.getLogger(__name__)

_DOLLARS: Final = (
    "USD",
    "USDT",
    "USDC",
    "FDUSD",
    "BUSD",
    "TUSD",
    "USDP",
    "PYUSD",
    "RLUSD",
    "USD1",
    "USDE",
    "USDS",
    "DAI",
)
QUOTE_USD: Final[Mapping[str, float]] = dict.fromkeys(_DOLLARS, 1.0) | {
    "BTC": 80_000.0,
    "ETH": 3_000.0,
    "BNB": 600.0,
    "SOL": 150.0,
    "EUR": 1.1,
    "EURI": 1.1,
    "GBP": 1.3,
    "CHF": 1.2,
    "AUD": 0.65,
    "CAD": 0.72,
    "SGD": 0.75,
    "BRL": 0.18,
    "PLN": 0.26,
    "RON": 0.22,
    "MXN": 0.055,
    "ZAR": 0.055,
    "TRY": 0.025,
    "UAH": 0.024,
    "THB": 0.03,
    "INR": 0.0115,
    "JPY": 0.0067,
    "KRW": 0.00072,
    "IDR": 0.00006,
}
"""US dollars for one unit, rounded, of 2024 to 2026."""


def with_quote_value(content: Mapping[str, Any], default_quote: str) -> dict[str, Any]:
    """The settings with `market.quote_usd`, where it is not given and the quote is in the table; else a warning.

    Args:
        content: settings as they were given, `market` as a mapping or already checked.
        default_quote: the quote where none is given.
    """
    from coin_models.settings.market import MarketSettings

    filled = dict(content)
    quote, market = filled.get("quote", default_quote), filled.get("market", {})
    given = market.quote_usd if isinstance(market, MarketSettings) else None
    if isinstance(market, Mapping):
        given = market.get("quote_usd")
    if given is not None or not isinstance(quote, str):
        return filled
    value = QUOTE_USD.get(quote)
    if value is None:
        _warn_once(quote)
    elif isinstance(market, MarketSettings):
        filled["market"] = market.model_copy(update={"quote_usd": value})
    elif isinstance(market, Mapping):
        filled["market"] = {**market, "quote_usd": value}
    return filled


@cache
def _warn_once(quote: str) -> None:
    _logger.warning(
        "the value of one %s in US dollars is not known, so market.min_daily_turnover is taken as an amount of %s: "
        "give market.quote_usd (COIN_MODELS_MARKET_QUOTE_USD), or market.min_daily_turnover 0 to train regardless of turnover",
        quote,
        quote,
    )
