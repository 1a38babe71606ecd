"""The yardsticks measure the same thing as the fit, and count what they say."""

from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import torch

from coin_models.bench.baseline import OrdinaryForecaster, WindowDataset
from coin_models.bench.fit_speed import benchmark_fit, useful_flops
from coin_models.bench.synthetic import stored_cohort, synthetic_cohort
from coin_models.clock import FixedClock
from coin_models.db.engine import open_database
from coin_models.market.asking import Request
from coin_models.market.sources.demo import DemoSource
from coin_models.market.store import CandleStore
from coin_models.market.timeframe import parse_timeframe
from coin_models.market.top_up import ensure
from coin_models.registry import forward_pass as numpy_network
from coin_models.settings.market import MarketSettings
from coin_models.settings.root import Settings
from coin_models.settings.training import TrainingSettings
from coin_models.storage.factory import build_store
from coin_models_tests.training import builders


def test_useful_arithmetic_is_counted_by_hand() -> None:
    # Inputs 16, width 16, 2 blocks of two 16 x 16, head 16 x 3; biases 16, 2 x 16 and 3.
    parameters = 16 * 16 + 4 * 256 + 48 + 16 + 32 + 3

    assert useful_flops(builders.architecture()) == 6 * parameters - 2 * 16 * 16


def test_the_ordinary_way_computes_the_same_network() -> None:
    architecture = builders.architecture()
    module = OrdinaryForecaster(architecture, builders.TRAINING, num_steps=10).eval()
    weights = {}
    for name, parameter in module.named_parameters():
        value = parameter.detach().numpy()
        weights[name] = value.T if name.endswith("weight") else value
    x = torch.randn(5, architecture.num_inputs)

    ordinary = module(x).detach()

    expected = numpy_network.forward(architecture, weights, x.numpy())
    torch.testing.assert_close(ordinary, torch.from_numpy(expected), rtol=1e-4, atol=1e-5)


def test_the_ordinary_dataset_gives_the_window_that_ends_at_the_sample() -> None:
    coin = builders.coin_task("AAA")
    dataset = WindowDataset(coin, window=4)

    x, y = dataset[10]

    assert x.shape == (16,)
    assert y == coin.targets[coin.split.train_index[10]]


@pytest.mark.filterwarnings("ignore:.*does not have many workers")
def test_every_figure_is_measured_and_the_ratios_are_theirs() -> None:
    training = builders.TRAINING.model_copy(update={"epochs": 1, "window_candles": 4})

    figures = benchmark_fit(synthetic_cohort(training, 2, timeframe=parse_timeframe("1h")), rounds=1)

    assert figures.gemm_share == pytest.approx(figures.fit_gflops / figures.gemm_gflops)
    assert figures.ordinary_ratio == pytest.approx(figures.samples_per_second / figures.ordinary_samples_per_second)
    assert min(figures.samples_per_second, figures.single_samples_per_second, figures.gemm_gflops) > 0


def test_stored_candles_make_a_cohort_of_the_newest_day_and_none_where_there_are_none(tmp_path: Path) -> None:
    settings = Settings(
        home=tmp_path,
        universe=("BTC", "ETH"),
        market=MarketSettings(min_history_days=5),
        training=TrainingSettings(lookback_days=8, validation_days=2),
    )
    clock = FixedClock(datetime(2024, 6, 20, 12, tzinfo=UTC))
    timeframe = parse_timeframe("5m")
    before = stored_cohort(settings, 8)
    with closing(open_database(settings)) as database:
        store = CandleStore(build_store(settings), database, timeframe, clock)
        request = Request(first=date(2024, 6, 8), last=date(2024, 6, 18))
        assert len(list(ensure(DemoSource(7, timeframe, clock), store, settings.universe, request, clock))) == 2

    cohort = stored_cohort(settings, 8)

    assert before is None
    assert cohort is not None
    assert (cohort.day, [coin.coin for coin in cohort.coins]) == (date(2024, 6, 18), ["BTC", "ETH"])
