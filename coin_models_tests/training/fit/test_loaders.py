"""What is left of an epoch, and its validation."""

import torch

from coin_models.training.fit.data import CohortData
from coin_models.training.fit.init_weights import fresh_state
from coin_models.training.fit.loaders import EpochLoaders
from coin_models_tests.training import builders
from coin_models_tests.training.forecasters import CPU

TASK = builders.cohort(builders.coin_task("AAA"))
DATA = CohortData(TASK, CPU)


def loaders(step: int) -> EpochLoaders:
    state = fresh_state(TASK, CPU)
    state.step = step
    return EpochLoaders(TASK, DATA, state)


def test_a_resumed_epoch_has_the_steps_that_are_left_in_the_order_of_the_whole_one() -> None:
    remaining = loaders(8).train_dataloader()  # six steps an epoch: two of the second are done

    assert len(remaining) == 4
    assert torch.equal(torch.stack(list(remaining)), DATA.epoch_order(1)[2:])


def test_a_step_that_ended_an_epoch_is_followed_by_the_whole_next_one() -> None:
    assert len(loaders(6).train_dataloader()) == 6


def test_validation_is_the_same_batches_each_time() -> None:
    batches = loaders(0).val_dataloader()
    first, second = list(batches), list(batches)

    assert len(batches) == len(first) == 1  # 45 samples, 128 a batch
    assert first[0].x_CBI is second[0].x_CBI
