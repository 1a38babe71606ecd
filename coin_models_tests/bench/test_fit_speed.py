"""The yardsticks measure the same thing as the fit, and count what they say."""

import pytest

from coin_models.bench.fit_speed import benchmark_fit, useful_flops
from coin_models.bench.synthetic import synthetic_cohort
from coin_models.market.timeframe import parse_timeframe
from coin_models_tests.training import builders


def test_useful_arithmetic_is_counted_by_hand() -> None:
    # Inputs 16, width 16, 2 blocks of two 16 x 16, head 16 x 3; biases 16, 2 x 16 and 3.
    parameters = 16 * 16 + 4 * 256 + 48 + 16 + 32 + 3

    assert useful_flops(builders.architecture()) == 6 * parameters - 2 * 16 * 16


@pytest.mark.filterwarnings("ignore:.*does not have many workers")
def test_every_figure_is_measured_and_the_ratios_are_theirs() -> None:
    training = builders.TRAINING.model_copy(update={"epochs": 1, "window_candles": 4})

    task = synthetic_cohort(training, 2, timeframe=parse_timeframe("1h"))

    figures = benchmark_fit(task, rounds=1)

    gflop = useful_flops(task.architecture) / 1e9
    assert figures.gemm_share == pytest.approx(figures.step_samples_per_second * gflop / figures.gemm_gflops)
    assert figures.gemm_share / figures.fit_gemm_share == pytest.approx(
        figures.step_samples_per_second / figures.fit_samples_per_second
    )
    assert figures.ordinary_ratio == pytest.approx(figures.fit_samples_per_second / figures.ordinary_samples_per_second)
    assert figures.step_ordinary_ratio / figures.ordinary_ratio == pytest.approx(
        figures.gemm_share / figures.fit_gemm_share
    )
    assert min(figures.samples_per_second, figures.single_samples_per_second, figures.gemm_gflops) > 0
