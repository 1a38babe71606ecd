"""Coins that are too young for a model: which they are, and that the pool forecasts them and says so."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from coin_models.errors import RegistryError
from coin_models.market.candle_index import DayRecord
from coin_models.market.history import unknown_days
from coin_models.pipeline.coin_days import statuses_now
from coin_models.pipeline.forecast import Forecaster, forecast_now, forecasts_now
from coin_models.pipeline.young_coins import young_coins
from coin_models_tests.pipeline.prepared_services import NOW, ServicesInMemory, services_in_memory
from coin_models_tests.registry import builders

LAST = NOW.date() - timedelta(days=1)
OTHERS = ("BTC", "ETH", "SOL")


@pytest.fixture
def services(tmp_path: Path) -> Iterator[ServicesInMemory]:
    with services_in_memory(tmp_path, (*OTHERS, "NEW")) as made:
        yield made


def publish_others(services: ServicesInMemory, day: date = LAST) -> None:
    for coin in OTHERS:
        architecture = builders.referring_architecture()
        made = builders.bundle(coin, day, seed=sum(coin.encode()), architecture=architecture)
        services.registry.publish(made, lease=None)


def list_coin(services: ServicesInMemory, num_days: int, *, last: date = LAST, volatility: float = 0.03) -> None:
    """What the index knows of a coin that was listed `num_days` before the end of `last`."""
    records = {}
    for back in range(130):
        row = unknown_days(1)
        row["num_candles"] = row["num_traded"] = 288 if back < num_days else 0
        row["turnover"], row["volatility"], row["asked_at"] = 1e9, volatility, 1
        row["first_open_ms"] = 0
        row["digest"] = back
        records[last - timedelta(days=back)] = DayRecord(row=row, source="the test")
    services.candle_index.record("NEW", records)


def test_a_coin_is_young_from_its_fourth_day_until_it_is_trained(services: ServicesInMemory) -> None:
    young = []
    for num_days in (3, 4, 29, 30):
        list_coin(services, num_days)
        if young_coins(services, ["NEW"]):
            young.append(num_days)

    assert young == [4, 29]


def test_a_young_coin_that_would_not_be_trained_for_another_reason_is_none(services: ServicesInMemory) -> None:
    list_coin(services, 10, volatility=0.001)  # a stablecoin

    assert young_coins(services, ["NEW"]) == []
    assert young_coins(services, ["ETH"]) == []  # nothing is known of it


def test_a_day_that_is_not_stored_yet_does_not_hide_a_young_coin(services: ServicesInMemory) -> None:
    list_coin(services, 10, last=LAST - timedelta(days=1))

    assert young_coins(services, ["NEW"]) == ["NEW"]


def test_the_pool_forecasts_a_young_coin_and_the_status_says_so(services: ServicesInMemory) -> None:
    publish_others(services)
    list_coin(services, 4)

    current = forecast_now(services, "new")

    assert (current.forecast.coin, current.forecast.forecaster) == ("NEW", "pool")
    assert current.forecast.version_id.startswith("pool-2024-08-15-")
    assert (current.model_day, current.candles_age_seconds) == (LAST, 0)
    assert list(current.forecast.returns.values()) == sorted(current.forecast.returns.values())
    assert [one.forecast.forecaster for one in forecasts_now(services, None).forecasts.values()] == [
        *["reference"] * 3,
        "pool",
    ]
    status = statuses_now(services, [LAST], ["NEW"])["NEW", LAST]
    assert status.reason == "short history: 4 days with enough candles, 30 are needed; until then the pool forecasts it"


def test_without_three_other_coins_nothing_forecasts_a_young_coin(services: ServicesInMemory) -> None:
    list_coin(services, 4)

    with pytest.raises(RegistryError, match="nothing forecasts NEW"):
        forecast_now(services, "NEW")


def test_a_refresh_keeps_the_pool_until_there_are_newer_versions(services: ServicesInMemory) -> None:
    publish_others(services, LAST - timedelta(days=1))
    list_coin(services, 4)
    forecaster = Forecaster(services, ["NEW"])

    assert forecaster.refresh() == ["NEW"]
    first = forecaster.in_use.models["NEW"]
    services.away.append("get")  # nothing is loaded again
    assert forecaster.refresh() == []
    services.away.clear()
    assert forecaster.in_use.models["NEW"] is first
    publish_others(services)
    assert forecaster.refresh() == ["NEW"]
    assert forecaster.forecast("NEW").model_day == LAST
