"""Further horizons of one version: their names and their tensors."""

import numpy as np
import pytest

from coin_models.errors import UsageError
from coin_models.models.horizons import (
    architecture_at,
    horizon_minutes,
    horizon_name,
    main_minutes,
    main_tensors,
    named_tensors,
    num_horizon_tensors,
    tensors_at,
)
from coin_models_tests.registry import builders


@pytest.mark.parametrize(("text", "minutes", "name"), [("15m", 15, "15m"), ("4h", 240, "4h"), ("1d", 1440, "24h")])
def test_a_horizon_is_read_in_minutes_hours_or_days(text: str, minutes: int, name: str) -> None:
    assert horizon_minutes(text) == minutes
    assert horizon_name(minutes) == name


@pytest.mark.parametrize("text", ["", "4", "0h", "4 h", "h4", "-4h"])
def test_what_is_no_horizon_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(UsageError, match="is not understood; write a number"):
        horizon_minutes(text)


def test_a_further_horizon_is_the_same_architecture_some_candles_ahead() -> None:
    main = builders.referring_architecture()
    at = architecture_at(main, 240)

    assert main_minutes(main) == 60
    assert (at.horizon, at.network_share) == (48, 0.0)  # 240 minutes of 5
    assert at.tensor_shapes() == main.tensor_shapes()


def test_tensors_of_a_horizon_are_its_own_and_the_networks() -> None:
    main = builders.referring_architecture()
    weights, further = builders.weights(main), builders.weights(main, seed=1)
    own = {name: array for name, array in further.items() if name not in main.parameter_shapes()}
    together = {**weights, **named_tensors(240, own)}
    at = tensors_at(main, 240, together)

    assert set(at) == set(main.tensor_shapes())
    assert np.array_equal(at["input.weight"], weights["input.weight"])
    assert np.array_equal(at["reference.quantiles"], further["reference.quantiles"])
    assert main_tensors(together).keys() == weights.keys()
    assert num_horizon_tensors(together) == len(own)
