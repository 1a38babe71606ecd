"""Dropout masks by step, block and coin."""

import pytest
import torch

from coin_models.training.fit.dropout import DropoutMasks
from coin_models_tests.training import builders

CPU = torch.device("cpu")


def test_dropout_keeps_the_share_it_should_and_differs_by_step_block_and_coin() -> None:
    task = builders.cohort(builders.coin_task("AAA"), builders.coin_task("BBB"))
    masks = DropoutMasks(task, task.coins, CPU, torch.float32)

    first, second = masks.of_step(0, 32)
    later = masks.of_step(1, 32)[0]

    assert set(first.unique().tolist()) == {0.0, 1.0}
    assert torch.stack([mask for step in range(40) for mask in masks.of_step(step, 32)]).mean().item() == pytest.approx(
        0.7, abs=0.01
    )
    assert not any(torch.equal(first, other) for other in (second, later, first.flip(0)))
