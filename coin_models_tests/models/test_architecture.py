"""The architecture of a network: its shapes, and when two networks are equal."""

import pytest

from coin_models.models.architecture import Architecture
from coin_models.settings.training import TrainingSettings
from coin_models_tests.registry import builders


def test_shapes_and_their_number_follow_from_the_sizes() -> None:
    network = builders.architecture(feature_names=("a", "b", "c"), window=16, width=64, num_blocks=2)

    assert network.parameter_shapes()["input.weight"] == (48, 64)
    # 48 * 64 + 64, twice 64 * 64 + 64 + 64 * 64, 64 * 3 + 3
    assert network.num_parameters == 3136 + 2 * 8256 + 195


def test_an_architecture_survives_json() -> None:
    network = builders.architecture()

    assert Architecture.from_json(network.to_json()) == network
    assert Architecture.from_json(network.to_json()).digest == network.digest


@pytest.mark.parametrize(
    "change", [{"window": 5}, {"width": 9}, {"num_blocks": 2}, {"horizon": 13}, {"timeframe": "1h"}, {"feature_names": ("a",)},
               {"quantiles": (0.2, 0.5, 0.8)}],
)  # fmt: skip
def test_whatever_makes_weights_mean_something_else_changes_the_digest(change: dict[str, object]) -> None:
    assert builders.architecture(**change).digest != builders.architecture().digest


def test_the_settings_ask_for_an_architecture() -> None:
    network = Architecture.of(
        TrainingSettings(width=32, window_candles=16, horizon_minutes=60),
        timeframe=builders.FIVE_MINUTES,
        feature_names=["a", "b"],
    )

    assert (network.width, network.horizon, network.window, network.num_inputs) == (32, 12, 16, 32)


@pytest.mark.parametrize(
    "change", [{"window": 0}, {"feature_names": ()}, {"quantiles": (0.1, 0.9)}, {"quantiles": (0.9, 0.5)}]
)
def test_an_impossible_architecture_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"architecture needs|must ascend"):
        builders.architecture(**change)
