"""Shards: every coin in one of them, none too large, and cohorts nest in them."""

from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from coin_models.pipeline.shards import equal_stretches, shards_of
from coin_models.settings.fleet import FleetSettings

COINS = tuple(f"C{number}" for number in range(500))
FLEET = FleetSettings(broker_url=SecretStr("redis://localhost:1/0"))


def test_500_coins_are_eight_shards_of_a_fleet_and_one_without() -> None:
    assert [len(shard) for shard in shards_of(COINS, FLEET)] == [63, 62, 63, 62, 63, 62, 63, 62]
    assert shards_of(COINS, FleetSettings()) == [COINS]


@given(number=st.integers(0, 300), size=st.integers(1, 80))
def test_stretches_hold_every_coin_once_in_order_and_differ_by_one_coin_at_most(number: int, size: int) -> None:
    stretched = equal_stretches(COINS[:number], size)
    lengths = {len(stretch) for stretch in stretched}

    assert [coin for stretch in stretched for coin in stretch] == list(COINS[:number])
    assert len(stretched) == -(-number // size)
    assert not lengths or (max(lengths) <= size and max(lengths) - min(lengths) <= 1)
