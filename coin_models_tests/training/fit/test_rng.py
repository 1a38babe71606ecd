"""Random streams, learning rate, dropout and samples derive from names and step numbers alone."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from coin_models.errors import SettingsError
from coin_models.settings.training import TrainingSettings
from coin_models.training.checkpoints.high_water_mark import HighWaterMark
from coin_models.training.fit.data import CohortData
from coin_models.training.fit.dropout import DropoutMasks
from coin_models.training.fit.network import Scratch
from coin_models.training.fit.rng import CoinStreams, mask_offset
from coin_models.training.fit.schedule import learning_rate
from coin_models.training.hardware import choose_cohort_size, choose_device, choose_num_threads
from coin_models_tests.training import builders

CPU = torch.device("cpu")


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


def test_the_learning_rate_climbs_for_a_fifth_of_the_steps_and_falls_to_nearly_nothing() -> None:
    rates = [learning_rate(step, 100, peak=1.0) for step in range(100)]

    assert rates[19] == pytest.approx(1.0)
    assert rates[9] == pytest.approx(0.5)
    assert rates[:20] == sorted(rates[:20])
    assert rates[19:] == sorted(rates[19:], reverse=True)
    assert 0.0 < rates[-1] < 0.001


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


def test_the_high_water_mark_keeps_the_highest_step_over_processes(tmp_path: Path) -> None:
    with HighWaterMark(tmp_path / "high_water_mark") as high_water_mark:
        high_water_mark.record(12)
        high_water_mark.record(5)

    with HighWaterMark(tmp_path / "high_water_mark") as again:
        step = again.read()

    assert step == 12


def test_asking_for_cuda_where_there_is_none_is_refused() -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has CUDA")

    with pytest.raises(SettingsError, match="no CUDA device"):
        choose_device(TrainingSettings(accelerator="cuda"))


def test_what_is_set_is_used_and_what_is_not_follows_from_the_machine() -> None:
    chosen = TrainingSettings(num_threads=3, cohort_size=5)

    assert (choose_num_threads(chosen), choose_cohort_size(chosen)) == (3, 5)
    assert choose_num_threads(TrainingSettings()) >= 1
