"""The reference forecasts the width of the next horizon, in closed form."""

import numpy as np
import pytest

from coin_models.features.table import FeatureTable
from coin_models.models.reference import Reference, fit_reference, tensor_shapes

HORIZON, NUM_ROWS = 3, 4000
LEVELS = (0.1, 0.5, 0.9)


def table_of(log_width: np.ndarray, seed: int = 0) -> FeatureTable:
    """A coin whose candles have these log ranges over its volatility of 1 %, told beforehand by one feature."""
    foretold = np.concatenate([log_width[1:], log_width[-1:]])  # the feature of a row says the range of the next candle
    noise = np.random.default_rng(seed).standard_normal(len(log_width))
    return FeatureTable(
        open_time_ms=np.arange(len(log_width), dtype=np.int64) * 300_000,
        x=np.stack([foretold, noise], axis=1).astype(np.float32),
        width=np.zeros((len(log_width), 1), dtype=np.float32),
        spread=0.01 * np.exp(log_width),
        volatility=np.full(len(log_width), 0.01),
        close=np.full(len(log_width), 100.0),
        usable=np.ones(len(log_width), dtype=np.bool_),
        real=np.ones(len(log_width), dtype=np.bool_),
    )


@pytest.fixture
def calm_and_wild() -> tuple[FeatureTable, np.ndarray]:
    """Stretches of 200 candles, twice as wide or half as wide; returns are as wide as the stretch."""
    log_width = np.log(2.0) * np.where(np.arange(NUM_ROWS) // 200 % 2, 1.0, -1.0)
    returns = np.random.default_rng(1).standard_normal(NUM_ROWS) * np.exp(log_width)
    return table_of(log_width), returns.astype(np.float32)


def fitted(table: FeatureTable, targets: np.ndarray) -> Reference:
    return fit_reference(table, targets, np.arange(NUM_ROWS - HORIZON), horizon=HORIZON, levels=LEVELS)


def test_quantiles_are_wide_where_the_next_candles_are(calm_and_wild: tuple[FeatureTable, np.ndarray]) -> None:
    table, targets = calm_and_wild

    calm, wild = fitted(table, targets).scaled_quantiles(table, np.array([10, 250]))

    # Widths of 1/2 and 2: the wild quantiles are four times the calm ones, but for the ends of each stretch.
    assert wild[2] / calm[2] == pytest.approx(4.0, rel=0.05)
    assert list(calm) == sorted(calm)


def test_intervals_hold_their_share_of_the_outcomes(calm_and_wild: tuple[FeatureTable, np.ndarray]) -> None:
    table, targets = calm_and_wild
    rows = np.arange(NUM_ROWS - HORIZON)

    quantiles = fitted(table, targets).scaled_quantiles(table, rows)

    inside = (quantiles[:, 0] <= targets[rows]) & (targets[rows] <= quantiles[:, 2])
    assert inside.mean() == pytest.approx(0.8, abs=0.01)


def test_a_market_that_never_moves_gives_finite_quantiles() -> None:
    table = table_of(np.full(NUM_ROWS, -40.0))

    quantiles = fitted(table, np.zeros(NUM_ROWS, dtype=np.float32)).scaled_quantiles(table, np.array([7]))

    assert np.isfinite(quantiles).all()


def test_its_tensors_say_all_of_it(calm_and_wild: tuple[FeatureTable, np.ndarray]) -> None:
    table, targets = calm_and_wild
    reference, rows = fitted(table, targets), np.array([10, 250])

    tensors = reference.tensors()

    assert {name: array.shape for name, array in tensors.items()} == tensor_shapes(3, len(LEVELS))
    again = Reference.of_tensors(tensors).scaled_quantiles(table, rows)
    assert np.array_equal(again, reference.scaled_quantiles(table, rows))


def test_rows_that_are_not_fitted_change_nothing(calm_and_wild: tuple[FeatureTable, np.ndarray]) -> None:
    table, targets = calm_and_wild
    rows = np.arange(NUM_ROWS // 2)
    later = targets.copy()
    later[NUM_ROWS // 2 :] = np.nan

    first, second = (
        fit_reference(table, variant, rows, horizon=HORIZON, levels=LEVELS).tensors() for variant in (targets, later)
    )

    assert all(np.array_equal(first[name], second[name]) for name in first)
