"""Prices, published figures and channels: ranges, hours of the day, and what contradicts itself."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from coin_models.settings.costs import CostSettings, InterruptionRange, MachinePrice, NotifySettings
from coin_models.settings.load import load_settings
from coin_models_tests.settings.environments import environment

SEEN = date(2026, 1, 2)


def test_rows_of_prices_are_read_from_the_file(tmp_path: Path) -> None:
    toml = """
    [costs]
    planned_gpu = "L4"
    [[costs.prices]]
    gpu = "L4"
    spot_usd_per_hour = [0.2, 0.3]
    on_demand_usd_per_hour = [0.7, 0.8]
    seen = 2026-01-02
    """
    with environment(tmp_path, toml=toml):
        (price,) = load_settings().costs.prices

    assert price.spot_usd_per_hour == (0.2, 0.3)


def test_hours_may_lie_past_midnight() -> None:
    assert InterruptionRange(from_hour=22, until_hour=1, probability=(0.1, 0.2), seen=SEEN).hours == (22, 23, 0)
    assert len(InterruptionRange(from_hour=5, until_hour=5, probability=(0.1, 0.2), seen=SEEN).hours) == 24


@pytest.mark.parametrize("probability", [(0.2, 0.1), (0.0, 0.1), (0.5, 1.0)])
def test_a_chance_is_a_range_within_zero_and_one(probability: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="is not a range within 0 and 1"):
        InterruptionRange(from_hour=0, until_hour=1, probability=probability, seen=SEEN)


def test_a_price_is_a_range_with_the_lowest_first() -> None:
    with pytest.raises(ValueError, match=r"on_demand_usd_per_hour of L4: 0.8 to 0.7 is not a range"):
        MachinePrice(gpu="L4", spot_usd_per_hour=(0.2, 0.2), on_demand_usd_per_hour=(0.8, 0.7), seen=SEEN)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"market": "on-demand"}, "a rented machine is not free"),
        ({"deadline": "24:00"}, "not a time of day"),
        ({"planned_gpu": "abacus"}, "'abacus' has no row in prices"),
        ({"interruption_ranges": CostSettings().interruption_ranges[:2]}, "cover each hour of the day exactly once"),
        ({"interruption_ranges": CostSettings().interruption_ranges * 2}, "cover each hour of the day exactly once"),
    ],
)
def test_costs_that_contradict_themselves_are_refused(change: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        CostSettings(**change)


def test_what_is_no_channel_is_named_by_its_number() -> None:
    with pytest.raises(ValueError, match="urls: number 2 is not an apprise URL") as refused:
        NotifySettings(urls=(SecretStr("json://host"), SecretStr("hunter2")))

    assert "hunter2" not in str(refused.value)
