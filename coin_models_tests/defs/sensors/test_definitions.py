"""The sensors as Dagster ticks them: run requests, or the reason for none."""

import pytest
from dagster import (
    SensorResult,
    SkipReason,
    build_sensor_context,
)

from coin_models.defs.build import build_definitions
from coin_models.defs.sensors.definitions import build_sensors
from coin_models_tests.defs.sensors.nights import COINS, D10, Night


def test_the_sensor_requests_a_run_per_day_with_the_assets_of_these_coins(night: Night) -> None:
    night.asked(D10)
    night.published(D10, ["BTC", "SOL"])

    result = tick(night, "resume")

    assert isinstance(result, SensorResult)
    (request,) = result.run_requests or []
    paths = {tuple(key.path) for key in request.asset_selection or []}
    assert request.partition_key == "2026-03-10"
    assert paths == {("candles", "ETH"), ("model", "ETH"), ("shadow_trades", "ETH")}


@pytest.mark.parametrize(
    ("name", "words"),
    [("resume", "no requests in the last 7 days"), ("reaper", "0 run(s) alive")],
)
def test_a_tick_that_does_nothing_says_why(name: str, words: str, night: Night) -> None:
    result = tick(night, name)

    assert isinstance(result, SkipReason)
    assert words in (result.skip_message or "")


def tick(night: Night, name: str) -> object:
    settings = night.services.settings
    definitions = build_definitions(settings)
    sensors = {sensor.name: sensor for sensor in build_sensors(settings, COINS, night.services)}
    context = build_sensor_context(instance=night.instance, repository_def=definitions.get_repository_def())
    return sensors[name](context)
