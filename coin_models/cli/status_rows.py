"""Coins with equal rows as one: 500 coins that are all done are one line of `coin-models status`."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TypeVar

MAX_ROWS = 40  # a screen; where there are more coins, those with equal rows are one
_NAMED = 2
_Row = TypeVar("_Row", bound=Hashable)


def fold(rows: Mapping[str, _Row], is_open: Callable[[_Row], bool]) -> tuple[list[tuple[str, _Row]], int]:
    """Each different row once, with its coins; those with something left to do are first.

    Returns:
        At most `MAX_ROWS` rows, and the number of coins in the others.
    """
    coins: dict[_Row, list[str]] = {}
    for coin, row in rows.items():
        coins.setdefault(row, []).append(coin)
    ordered = sorted(coins, key=lambda row: not is_open(row))
    num_others = sum(len(coins[row]) for row in ordered[MAX_ROWS:])
    return [(names(coins[row]), row) for row in ordered[:MAX_ROWS]], num_others


def names(coins: Sequence[str]) -> str:
    """Such as `BTC, ETH` or `BTC, ETH and 498 more`."""
    others = len(coins) - _NAMED
    named = ", ".join(coins[:_NAMED])
    return f"{named} and {others} more" if others > 1 else ", ".join(coins)
