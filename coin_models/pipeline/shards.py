"""Shards: equal stretches of the universe that runs of a fleet are cut by.

A cohort lies within one shard, so two runs of different shards never want the same coins, nor a checkpoint of both.
"""

from collections.abc import Sequence

from coin_models.settings.fleet import FleetSettings


def shards_of(universe: Sequence[str], fleet: FleetSettings) -> list[tuple[str, ...]]:
    """The shards, in the order of the universe; the whole universe is one without a fleet."""
    return equal_stretches(universe, len(universe) if fleet.broker_url is None else fleet.shard_coins)


def equal_stretches(coins: Sequence[str], size: int) -> list[tuple[str, ...]]:
    """As few stretches of at most `size` coins as there can be, which differ by one coin at most."""
    number = -(-len(coins) // size) if coins else 0
    stretches: list[list[str]] = [[] for _ in range(number)]
    for position, coin in enumerate(coins):
        stretches[position * number // len(coins)].append(coin)
    return [tuple(stretch) for stretch in stretches]
