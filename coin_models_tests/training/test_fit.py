"""What a fit gives back, and that no coin's result depends on its company."""

from pathlib import Path

import numpy as np

from coin_models.training.fit import fit_cohort
from coin_models.training.tasks import CohortResult, CohortTask
from coin_models_tests.training import builders


def fit(task: CohortTask, folder: Path) -> CohortResult:
    return fit_cohort(
        task,
        checkpoints=builders.chain(task, folder),
        notice=builders.board(),
        progress=lambda progress: None,
        lease_alive=lambda: True,
    )


def test_a_coin_with_a_signal_is_forecast_better_than_by_its_unconditional_quantiles(tmp_path: Path) -> None:
    long_fit = builders.TRAINING.model_copy(
        update={"lookback_days": 50, "epochs": 12, "dropout": 0.0, "learning_rate": 1e-2}
    )
    task = builders.cohort(builders.coin_task("AAA", num_rows=1200), training=long_fit)

    coin = fit(task, tmp_path).coins["AAA"]

    assert coin.metrics["validation"]["skill"] > 0.08
    assert coin.loss_curve["validation"][coin.best_epoch - 1] == min(coin.loss_curve["validation"])


def test_alone_or_in_company_a_coin_gets_the_same_weights_to_rounding(tmp_path: Path) -> None:
    coins = [builders.coin_task(name, num_rows=rows) for name, rows in (("AAA", 240), ("BBB", 150), ("CCC", 200))]

    together = fit(builders.cohort(*coins), tmp_path / "together")
    alone = fit(builders.cohort(coins[1]), tmp_path / "alone")

    for name, weights in alone.coins["BBB"].weights.items():
        np.testing.assert_allclose(together.coins["BBB"].weights[name], weights, rtol=0, atol=1e-6)


def test_the_same_task_gives_the_same_bytes_twice(tmp_path: Path) -> None:
    task = builders.cohort(builders.coin_task("AAA"), builders.coin_task("BBB"))

    first, second = fit(task, tmp_path / "1"), fit(task, tmp_path / "2")

    assert weight_bytes(first) == weight_bytes(second)


def test_another_seed_gives_other_weights(tmp_path: Path) -> None:
    coin = builders.coin_task("AAA")
    other = builders.TRAINING.model_copy(update={"seed": 8})

    first, second = (
        fit(builders.cohort(coin), tmp_path / "1"),
        fit(builders.cohort(coin, training=other), tmp_path / "2"),
    )

    assert weight_bytes(first) != weight_bytes(second)


def weight_bytes(result: CohortResult) -> dict[str, dict[str, bytes]]:
    return {
        coin: {name: value.tobytes() for name, value in fitted.weights.items()} for coin, fitted in result.coins.items()
    }
