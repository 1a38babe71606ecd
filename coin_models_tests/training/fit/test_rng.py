"""Random streams derive from names and step numbers alone."""

from hypothesis import given, settings
from hypothesis import strategies as st

from coin_models.training.fit.rng import CoinStreams, mask_offset
from coin_models_tests.training import builders


def draws(coin: str = "AAA", seed: int = 7, number: int = 0) -> list[float]:
    streams = CoinStreams(seed=seed, coin=coin, day=builders.DAY)
    return streams.generator("order", number).random(4).tolist()


def test_a_stream_is_the_same_each_time_and_differs_by_coin_seed_and_number() -> None:
    streams = [draws(), draws(coin="AAB"), draws(seed=8), draws(number=1)]

    assert draws() == streams[0]
    assert len({tuple(stream) for stream in streams}) == 4


@settings(max_examples=50, deadline=None)
@given(step=st.integers(0, 10**6), block=st.integers(0, 8))
def test_a_mask_offset_stays_within_the_bank(step: int, block: int) -> None:
    assert 0 <= mask_offset(7, step, block, 4096) < 4096
