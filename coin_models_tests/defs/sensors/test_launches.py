"""Which runs serve what is needed: per day on one machine, per shard and range of days in a fleet."""

from collections.abc import Collection
from datetime import date, timedelta

import pytest
from dagster import DagsterRunStatus
from pydantic import SecretStr

from coin_models.defs.sensors.launches import Launch, Launches, launches_of, touching
from coin_models.settings.fleet import FleetSettings
from coin_models.settings.root import Settings
from coin_models_tests.defs.sensors.nights import D8, D9, D10, Night

COINS = ("BTC", "ETH", "SOL")
ALL = dict.fromkeys((D8, D9, D10), COINS)


@pytest.fixture
def settings() -> Settings:
    """A fleet whose shards are two coins at most: BTC and ETH, and SOL."""
    return Settings(
        source="demo",
        universe=COINS,
        database_url=SecretStr("postgresql://localhost:1/none"),
        store_url="s3://none",
        fleet=FleetSettings(broker_url=SecretStr("redis://localhost:1/0"), shard_coins=2),
    )


def launched(launches: Launches) -> list[tuple[str | None, date, date, tuple[str, ...]]]:
    return [(launch.shard, launch.days[0], launch.days[-1], tuple(launch.coins)) for launch in launches.runs]


def nothing_held(_day: date, _coins: Collection[str]) -> None:
    return None


def test_on_one_machine_a_day_is_a_run(settings: Settings) -> None:
    alone = settings.model_copy(update={"fleet": FleetSettings()})

    launches = launches_of(ALL, ALL, COINS, alone, nothing_held)

    assert launched(launches) == [(None, day, day, COINS) for day in (D8, D9, D10)]


def test_in_a_fleet_a_shard_and_a_range_of_days_is_a_run(settings: Settings) -> None:
    launches = launches_of(ALL, ALL, COINS, settings, nothing_held)

    assert launched(launches) == [("1/2", D8, D10, ("BTC", "ETH")), ("2/2", D8, D10, ("SOL",))]


def test_a_run_is_as_long_as_the_settings_say_and_a_settled_day_ends_it(settings: Settings) -> None:
    days = [D8 + timedelta(days=number) for number in range(6)]
    needed = {day: ["SOL"] for day in days if day != days[3]}
    short = settings.model_copy(update={"operations": settings.operations.model_copy(update={"max_days_per_run": 2})})

    launches = launches_of(needed, dict.fromkeys(days, COINS), COINS, short, nothing_held)

    assert [(launch.days[0], launch.days[-1]) for launch in launches.runs] == [
        (days[0], days[1]),
        (days[2], days[2]),
        (days[4], days[5]),
    ]


def test_no_coin_is_trained_on_a_day_on_which_it_was_not_requested(settings: Settings) -> None:
    needed = {D8: ["BTC"], D9: ["ETH"]}

    launches = launches_of(needed, needed, COINS, settings, nothing_held)

    assert launched(launches) == [("1/2", D8, D8, ("BTC",)), ("1/2", D9, D9, ("ETH",))]


def test_what_holds_one_shard_holds_no_other(settings: Settings) -> None:
    def held(day: date, coins: Collection[str]) -> str | None:
        return "a run works on it" if day == D9 and "BTC" in coins else None

    launches = launches_of(ALL, ALL, COINS, settings, held)

    assert launched(launches) == [
        ("1/2", D8, D8, ("BTC", "ETH")),
        ("2/2", D8, D10, ("SOL",)),
        ("1/2", D10, D10, ("BTC", "ETH")),
    ]
    assert launches.held == {D9: "a run works on it"}


def test_a_request_names_range_shard_and_who_asked_and_a_night_comes_before_the_past() -> None:
    launch = Launch(days=[D8, D9], coins=["SOL"], shard="2/2")
    past, night = launch.request(), launch.request(comes_first=True)

    assert past.partition_key is None
    assert past.tags["dagster/asset_partition_range_start"] == D8.isoformat()
    assert past.tags["dagster/asset_partition_range_end"] == D9.isoformat()
    assert (past.tags["shard"], past.tags["asked_by"]) == ("2/2", "resume sensor")
    assert ("dagster/priority" in past.tags, night.tags["dagster/priority"]) == (False, "1")
    assert {key.path[-1] for key in past.asset_selection or ()} == {"SOL"}


def test_a_run_touches_the_coins_whose_assets_it_makes_and_all_where_it_selects_none(night: Night) -> None:
    night.run(D10, DagsterRunStatus.QUEUED)
    records = night.instance.get_run_records()

    assert touching(records, {"BTC"}) == records
