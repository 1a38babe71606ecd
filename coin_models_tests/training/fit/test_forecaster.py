"""Steps and validations of a whole cohort, and the best epoch of each coin."""

import numpy as np
import torch

from coin_models.training.fit.data import CohortData
from coin_models.training.fit.forecaster import CohortForecaster
from coin_models_tests.training import builders
from coin_models_tests.training.forecasters import CPU, fresh_forecaster

COINS = [builders.coin_task(name) for name in ("AAA", "BBB", "CCC")]
TASK = builders.cohort(*COINS)
DATA = CohortData(TASK, CPU)


def run_epoch(forecaster: CohortForecaster) -> None:
    for number, order in enumerate(DATA.epoch_order(forecaster.state.step // 6)):
        forecaster.training_step(order, number)
    for number, batch in enumerate(DATA.validation_batches()):
        forecaster.validation_step(batch, number)
    forecaster.on_validation_epoch_end()


def test_the_number_of_shards_changes_no_byte() -> None:
    one, three = fresh_forecaster(TASK), fresh_forecaster(TASK, num_shards=3)
    for forecaster in (one, three):
        run_epoch(forecaster)

    assert torch.equal(one.state.decayed, three.state.decayed)
    assert torch.equal(one.state.validation_curve[0], three.state.validation_curve[0])


def test_an_epoch_enters_both_curves_and_begins_the_next_ones_loss_at_zero() -> None:
    forecaster = fresh_forecaster(TASK)
    run_epoch(forecaster)
    state = forecaster.state

    assert state.step == 6
    assert torch.isfinite(state.train_curve).sum(1).tolist() == [3, 0, 0]
    assert torch.isfinite(state.validation_curve).sum(1).tolist() == [3, 0, 0]
    assert state.epoch_loss.tolist() == [0.0, 0.0, 0.0]
    assert state.best_epoch.tolist() == [1, 1, 1]  # there is nothing better yet


def test_a_parent_is_the_best_epoch_until_a_later_one_is_better() -> None:
    full = fresh_forecaster(TASK)
    run_epoch(full)
    parents = [full.best_weights(number) for number in range(3)]
    children = [builders.coin_task(coin.coin, parent=parent) for coin, parent in zip(COINS, parents, strict=True)]
    child = fresh_forecaster(builders.cohort(*children))

    epochs_left = child.begin()

    assert epochs_left == 2
    assert torch.isfinite(child.state.best_loss).all()
    assert child.state.best_epoch.tolist() == [0, 0, 0]
    np.testing.assert_array_equal(child.best_weights(1)["head.bias"], parents[1]["head.bias"])


def test_a_full_retrain_begins_without_a_candidate() -> None:
    forecaster = fresh_forecaster(TASK)

    assert forecaster.begin() == 3
    assert torch.isinf(forecaster.state.best_loss).all()
