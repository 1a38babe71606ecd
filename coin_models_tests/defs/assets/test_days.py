"""The assets of a whole day: what they are made from, and in which runs."""

from pathlib import Path

import pytest
from dagster import AssetKey

from coin_models.defs.build import build_definitions
from coin_models_tests.defs.fixtures import small_settings


@pytest.mark.parametrize(("num_coins", "num_arrows"), [(100, 100), (101, 0)])
def test_beyond_a_hundred_coins_no_arrows_lead_to_the_pattern_library(
    tmp_path: Path, num_coins: int, num_arrows: int
) -> None:
    coins = tuple(f"C{number}" for number in range(num_coins))
    graph = build_definitions(small_settings(tmp_path, coins=coins)).resolve_asset_graph()

    assert len(graph.get(AssetKey("pattern_library")).parent_keys) == num_arrows
