"""A shard trains its own coins and no others."""

import torch

from coin_models.training.fit.data import CohortData
from coin_models.training.fit.init_weights import fresh_state
from coin_models.training.fit.shard import CoinShard
from coin_models.training.fit.state import FitState
from coin_models_tests.training import builders
from coin_models_tests.training.forecasters import CPU

TASK = builders.cohort(*(builders.coin_task(name) for name in ("AAA", "BBB", "CCC")))
DATA = CohortData(TASK, CPU)


def shard_of(state: FitState, first: int, last: int) -> CoinShard:
    return CoinShard(TASK, DATA, state, first, last)


def test_a_step_moves_the_shards_coins_and_leaves_the_others() -> None:
    state = fresh_state(TASK, CPU)
    before = state.decayed.clone()

    shard_of(state, 1, 3).step(DATA.epoch_order(0)[0], 0, 1e-3)

    assert torch.equal(state.decayed[0], before[0])
    assert not torch.equal(state.decayed[1], before[1])
    assert (state.epoch_loss > 0).tolist() == [False, True, True]
    assert (state.plain_square.sum(1) > 0).tolist() == [False, True, True]


def test_a_coin_moves_the_same_whichever_shard_it_is_in() -> None:
    alone, together = fresh_state(TASK, CPU), fresh_state(TASK, CPU)

    for step in range(2):
        order = DATA.epoch_order(0)[step]
        shard_of(alone, 1, 2).step(order, step, 1e-3)
        shard_of(together, 0, 3).step(order, step, 1e-3)

    assert torch.equal(alone.decayed[1], together.decayed[1])
    assert torch.equal(alone.plain[1], together.plain[1])


def test_a_rate_of_zero_moves_nothing() -> None:
    state = fresh_state(TASK, CPU)
    before = state.decayed.clone()

    shard_of(state, 0, 3).step(DATA.epoch_order(0)[0], 0, 0.0)

    assert torch.equal(state.decayed, before)
