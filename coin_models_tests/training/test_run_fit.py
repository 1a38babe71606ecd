"""The result of a fit; no coin's result depends on its cohort."""

from pathlib import Path

import numpy as np
import pytest

from coin_models.training.results import CohortResult, Progress
from coin_models.training.run_fit import fit_cohort
from coin_models_tests.training import builders


def test_a_coin_with_a_signal_is_forecast_better_than_by_its_unconditional_quantiles(tmp_path: Path) -> None:
    long_fit = builders.TRAINING.model_copy(
        update={"lookback_days": 50, "epochs": 12, "dropout": 0.0, "learning_rate": 1e-2, "network_share": 1.0}
    )
    task = builders.cohort(builders.coin_task("AAA", num_rows=1200), training=long_fit)

    coin = builders.fit(task, tmp_path).coins["AAA"]

    assert coin.metrics["validation"]["skill"] > 0.08
    assert coin.loss_curve["validation"][coin.best_epoch - 1] == min(coin.loss_curve["validation"])


def test_alone_or_in_company_a_coin_gets_the_same_bytes(tmp_path: Path) -> None:
    coins = [builders.coin_task(name, num_rows=rows) for name, rows in (("AAA", 240), ("BBB", 150), ("CCC", 200))]

    together = builders.fit(builders.cohort(*coins), tmp_path / "together")
    alone = builders.fit(builders.cohort(coins[1]), tmp_path / "alone")

    assert weight_bytes(together)["BBB"] == weight_bytes(alone)["BBB"]


def test_the_same_task_gives_the_same_bytes_twice(tmp_path: Path) -> None:
    task = builders.cohort(builders.coin_task("AAA"), builders.coin_task("BBB"))

    first, second = builders.fit(task, tmp_path / "1"), builders.fit(task, tmp_path / "2")

    assert weight_bytes(first) == weight_bytes(second)


def test_the_number_of_threads_does_not_change_a_byte(tmp_path: Path) -> None:
    coins = [builders.coin_task(name) for name in ("AAA", "BBB", "CCC")]
    three = builders.TRAINING.model_copy(update={"num_threads": 3})

    one_thread = builders.fit(builders.cohort(*coins), tmp_path / "one")
    three_threads = builders.fit(builders.cohort(*coins, training=three), tmp_path / "three")

    assert three_threads.counters.num_threads == 3
    assert weight_bytes(three_threads) == weight_bytes(one_thread)


def test_another_seed_gives_other_weights(tmp_path: Path) -> None:
    coin = builders.coin_task("AAA")
    other = builders.TRAINING.model_copy(update={"seed": 8})

    first, second = (
        builders.fit(builders.cohort(coin), tmp_path / "1"),
        builders.fit(builders.cohort(coin, training=other), tmp_path / "2"),
    )

    assert weight_bytes(first) != weight_bytes(second)


def test_in_bf16_the_forecast_is_nearly_as_good_and_the_weights_are_float32(tmp_path: Path) -> None:
    coin = builders.coin_task("AAA")
    low = builders.TRAINING.model_copy(update={"precision": "bf16"})

    exact = builders.fit(builders.cohort(coin), tmp_path / "float32").coins["AAA"]
    rounded = builders.fit(builders.cohort(coin, training=low), tmp_path / "bf16").coins["AAA"]

    assert {value.dtype for value in rounded.weights.values()} == {np.dtype(np.float32)}
    assert not np.array_equal(rounded.weights["input.weight"], exact.weights["input.weight"])
    assert rounded.metrics["validation"]["pinball"] == pytest.approx(exact.metrics["validation"]["pinball"], rel=0.01)


def test_a_coin_whose_loss_is_no_longer_finite_fails_alone(tmp_path: Path) -> None:
    names = ("AAA", "BBB", "CCC")
    parents = builders.fit(builders.cohort(*(builders.coin_task(name) for name in names)), tmp_path / "parents").coins
    weights = {name: parents[name].weights for name in names}
    weights["BBB"] = {name: value * np.float32(1e30) for name, value in weights["BBB"].items()}
    coins = [builders.coin_task(name, parent=weights[name]) for name in names]

    result = builders.fit(builders.cohort(*coins), tmp_path / "with")
    without = builders.fit(builders.cohort(coins[0], coins[2]), tmp_path / "without")

    assert set(result.coins) == {"AAA", "CCC"}
    assert "BBB 2024-06-01: the loss is no longer finite" in str(result.failures["BBB"])
    assert weight_bytes(result) == weight_bytes(without)


def test_a_coin_with_fewer_samples_takes_as_many_steps(tmp_path: Path) -> None:
    short, long = builders.coin_task("AAA", num_rows=120), builders.coin_task("AAA", num_rows=240)

    steps = [builders.fit(builders.cohort(coin), tmp_path).counters.steps_total for coin in (short, long)]

    assert steps == [18, 18]  # 3 epochs of (10 - 2) days x 24 candles / 32 samples


def test_an_incremental_fit_keeps_the_parent_where_nothing_is_better(tmp_path: Path) -> None:
    parent = builders.fit(builders.cohort(builders.coin_task("AAA")), tmp_path / "parent").coins["AAA"]
    wild = builders.TRAINING.model_copy(update={"incremental_learning_rate": 1.0})
    child = builders.cohort(builders.coin_task("AAA", parent=parent.weights), training=wild)

    fitted = builders.fit(child, tmp_path / "child").coins["AAA"]

    assert fitted.best_epoch == 0
    for name, weights in parent.weights.items():
        np.testing.assert_array_equal(fitted.weights[name], weights)


def test_progress_tells_of_every_epoch_and_ends_at_the_last_step(tmp_path: Path) -> None:
    reported: list[Progress] = []
    task = builders.cohort(builders.coin_task("AAA"))

    fit_cohort(
        task,
        checkpoints=builders.chain(task, tmp_path),
        notice=builders.board(),
        progress=reported.append,
        lease_alive=lambda: True,
    )

    assert [p.step for p in reported if p.phase == "validate"] == [6, 12, 18]
    assert (reported[-1].epoch, reported[-1].epochs, reported[-1].steps, reported[-1].eta_seconds) == (3, 3, 18, 0.0)


def weight_bytes(result: CohortResult) -> dict[str, dict[str, bytes]]:
    return {
        coin: {name: value.tobytes() for name, value in fitted.weights.items()} for coin, fitted in result.coins.items()
    }
