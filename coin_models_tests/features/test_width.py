"""What only the reference reads."""

import numpy as np
import pytest

from coin_models.features.grid import lay_on_grid
from coin_models.features.memories import Memories
from coin_models.features.width import width_columns, width_names
from coin_models_tests.registry.builders import FIVE_MINUTES, candles

MEMORIES = Memories.of(FIVE_MINUTES.seconds)


def columns(volatility: float) -> dict[str, np.ndarray]:
    grid = lay_on_grid(candles(600), 6)
    constant = np.full(600, volatility)
    values = width_columns(grid, constant, constant, MEMORIES)
    return dict(zip(width_names(MEMORIES), values, strict=True))


def test_every_column_has_a_name_and_a_value_for_each_candle() -> None:
    assert all(column.shape == (600,) and np.isfinite(column).all() for column in columns(0.001).values())


def test_a_market_twice_as_volatile_as_its_moves_has_half_the_realised_width() -> None:
    calm, wild = columns(0.001), columns(0.002)

    # log(v / 0.002) = log(v / 0.001) - log(2)
    assert wild["realised_12"] == pytest.approx(calm["realised_12"] - np.log(2))


def test_the_level_of_the_volatility_is_its_logarithm() -> None:
    assert columns(0.001)["log_volatility"] == pytest.approx(np.log(0.001))


def test_the_weekend_is_saturday_and_sunday() -> None:
    # The candles begin on Thursday, 2024-08-15, and 600 of five minutes end on Saturday, after 24 hours of two days.
    weekend = columns(0.001)["weekend"]

    assert list(np.flatnonzero(weekend)[[0, -1]]) == [2 * 288, 599]
