"""The coins of the demo market, as data only, so that listing them costs nothing: twenty, and as many more as requested.

The names are those of liquid coins, the prices and turnovers have their order of magnitude; nothing else is real.
"""

import re
from dataclasses import dataclass, replace
from typing import Final


@dataclass(frozen=True, slots=True)
class DemoCoin:
    """What distinguishes one coin of the demo market from another."""

    name: str
    price_usd: float  # level around which it moves for ever
    price_decimals: int  # tick size
    daily_volatility: float  # of the log return
    daily_turnover_usd: float


DEMO_COINS: Final = {
    coin.name: coin
    for coin in (
        DemoCoin("BTC", 60_000.0, 2, 0.026, 1.8e9),
        DemoCoin("ETH", 3_000.0, 2, 0.031, 1.0e9),
        DemoCoin("SOL", 150.0, 3, 0.042, 5.8e8),
        DemoCoin("XRP", 0.55, 5, 0.036, 1.8e8),
        DemoCoin("DOGE", 0.13, 6, 0.045, 1.2e8),
        DemoCoin("BNB", 520.0, 2, 0.029, 2.4e8),
        DemoCoin("ADA", 0.45, 5, 0.038, 6.0e7),
        DemoCoin("AVAX", 32.0, 3, 0.044, 7.0e7),
        DemoCoin("LINK", 14.0, 4, 0.040, 5.0e7),
        DemoCoin("DOT", 6.5, 4, 0.037, 3.5e7),
        DemoCoin("LTC", 78.0, 3, 0.033, 3.2e7),
        DemoCoin("BCH", 390.0, 2, 0.041, 4.0e7),
        DemoCoin("NEAR", 5.4, 4, 0.049, 6.2e7),
        DemoCoin("ATOM", 8.1, 4, 0.038, 1.8e7),
        DemoCoin("UNI", 8.8, 4, 0.043, 3.0e7),
        DemoCoin("APT", 9.2, 4, 0.046, 4.4e7),
        DemoCoin("FIL", 5.7, 4, 0.043, 3.8e7),
        DemoCoin("ARB", 1.1, 5, 0.045, 6.5e7),
        DemoCoin("OP", 2.1, 5, 0.048, 5.5e7),
        DemoCoin("ICP", 10.5, 4, 0.047, 2.2e7),
    )
}
_FURTHER: Final = re.compile(r"DEMO([1-9]\d{1,4})")


def demo_coin_names(number: int) -> tuple[str, ...]:
    """The names of the first `number` coins: the twenty, then DEMO21, DEMO22 and so on."""
    return (*tuple(DEMO_COINS)[:number], *(f"DEMO{place}" for place in range(len(DEMO_COINS) + 1, number + 1)))


def find_demo_coin(name: str) -> DemoCoin | None:
    """The coin of that name; a further one moves like one of the twenty, by noise of its own. None: there is none."""
    match = _FURTHER.fullmatch(name)
    if match is None or int(match[1]) <= len(DEMO_COINS):
        return DEMO_COINS.get(name)
    return replace(tuple(DEMO_COINS.values())[int(match[1]) % len(DEMO_COINS)], name=name)
