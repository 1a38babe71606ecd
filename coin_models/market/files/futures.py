"""Names of futures: a perpetual has candles to train on under a name that says so, a dated future has not.

| name | what it is |
|---|---|
| `BTC-PERP`, `BTCUSDT_PERP`, `BTC-PERPETUAL`, `BTC-USDT-SWAP`, `BINANCE_BTCUSDT.P, 5` | a perpetual future |
| `BTC-31DEC21`, `BTCUSD_240628`, `BTC-USDT-240927` | a future that ends on that day |
"""

import re
from typing import Final

from coin_models.settings.quotes import QUOTE_USD

_QUOTES: Final = "|".join(sorted(QUOTE_USD, key=len, reverse=True))
_MONTHS: Final = "JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC"
_FUTURE: Final = re.compile(
    rf"(?:[A-Z]{{2,20}}[-_])??(?P<base>[A-Z0-9]{{1,20}}?)(?:[-_]?(?P<quote>{_QUOTES}))?"
    rf"(?:[-_](?P<perpetual>PERP(?:ETUAL)?|SWAP)|(?P<marked>\.P)|[-_](?P<end>\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
    rf"|\d{{1,2}}(?:{_MONTHS})\d\d(?:\d\d)?))(?:[-_, ].*)?",
    re.IGNORECASE | re.ASCII,
)


def future_named(stem: str, suffix: str, quote: str) -> str:
    """What the future is that a file's name names, and what to do; empty where it names none.

    Args:
        stem, suffix: the name in two, `BTC-PERP` and `.csv`. quote: the wanted quote asset.
    """
    match = _FUTURE.fullmatch(stem)
    if match is None:
        return ""
    coin, its_quote = match["base"].upper(), (match["quote"] or quote).upper()
    if match["end"] is None:
        return (
            f"a perpetual future of {coin} by its name, not {coin} itself: to train on its candles, rename it to "
            f"{coin}_{its_quote}_{its_quote}-5m-futures{suffix}, with its own timeframe for 5m; else use candles of "
            f"{coin}_{its_quote}"
        )
    return (
        f"a future of {coin} that ends {match['end'].upper()} by its name: its candles end with it, so use those of {coin} or of "
        f"its perpetual future; if the name says a day of {coin}, rename it to {coin}{its_quote}-5m-YYYY-MM-DD{suffix}"
    )
