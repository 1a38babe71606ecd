"""A cohort's samples: epochs, batches, validation."""

import numpy as np
import torch

from coin_models.training.fit.data import CohortData
from coin_models.training.fit.network import Scratch
from coin_models_tests.training import builders

CPU = torch.device("cpu")


def test_an_epoch_goes_through_every_sample_before_any_comes_again() -> None:
    coin = builders.coin_task("AAA", num_rows=120)
    data = CohortData(builders.cohort(coin), CPU)
    num_samples = len(coin.split.train_index)  # 65, of 192 that an epoch takes

    numbers = data.epoch_order(0).flatten().tolist()

    assert sorted(numbers[:num_samples]) == (coin.split.train_index - 3).tolist()  # windows of 4 rows
    assert len(numbers) == 192
    assert numbers != data.epoch_order(1).flatten().tolist()


def test_a_batch_holds_the_windows_that_end_at_its_samples_and_clipped_targets() -> None:
    coins = [builders.coin_task("AAA"), builders.coin_task("BBB", num_rows=150)]
    coins[1].targets[coins[1].split.train_index] = 9.0
    data = CohortData(builders.cohort(*coins), CPU)

    x, y = data.batch_at(data.epoch_order(0)[0], Scratch())

    rows = data.epoch_order(0)[0][1] - 240 + 3  # the second coin's table begins after the first's 240 rows
    scaled = data.scalings[1].apply(coins[1].features.x)
    expected = np.stack([scaled[t - 3 : t + 1].reshape(-1) for t in rows.tolist()])
    np.testing.assert_array_equal(x[1].numpy(), expected)
    assert (y[1] == 6.0).all()


def test_validation_counts_every_sample_once_however_many_coins_have_more() -> None:
    coins = [builders.coin_task("AAA"), builders.coin_task("BBB", num_rows=240)]
    data = CohortData(builders.cohort(*coins), CPU)

    batches = list(data.validation_batches())

    assert sum(batch.weight_CB.sum().item() for batch in batches) == 90
    assert torch.equal(
        torch.cat([batch.y_CB[0][batch.weight_CB[0] > 0] for batch in batches]),
        torch.from_numpy(coins[0].targets[coins[0].split.validation_index]),
    )
