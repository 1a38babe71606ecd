"""What makes days stale, what does not; an error of one coin affects no other."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

from coin_models.pipeline.candles import fetch_candles
from coin_models.pipeline.derived.digests import DerivedKind
from coin_models.pipeline.manual_promotion import promote
from coin_models.pipeline.shadow_trades import trade_day
from coin_models.registry.champions import ChampionLog
from coin_models.storage import keys
from coin_models_tests.pipeline.derived.settling import settle
from coin_models_tests.pipeline.derived.worlds import DerivedWorld, opened

NUM_DAYS = 3


@pytest.fixture
def world(tmp_path: Path) -> Iterator[DerivedWorld]:
    """Three days of two coins, all of them current."""
    with opened(tmp_path / "home", num_days=NUM_DAYS) as made:
        for day in made.days:
            made.run(day)
        yield made


def stale_trades(world: DerivedWorld) -> set[tuple[str, date]]:
    return {(one.coin, one.day) for one in world.stale() if one.kind is DerivedKind.TRADES}


def test_what_was_just_made_is_not_stale_and_settling_it_makes_nothing(world: DerivedWorld) -> None:
    settled = world.settle(world.days)

    assert world.stale() == []
    assert (settled.num_made, settled.failures) == (0, {})


def test_corrected_candles_make_the_coins_days_from_then_on_again_and_no_other_coins(world: DerivedWorld) -> None:
    world.corrected["BTC", world.days[1]] = "other candles"

    stale = stale_trades(world)
    settled = world.settle([world.days[1]])

    assert stale == set(settled.traded) == {("BTC", world.days[1]), ("BTC", world.days[2])}
    assert settled.patterns == settled.reports == (world.days[1], world.days[2])
    assert world.stale() == []


def test_settling_stops_where_it_is_told_to(world: DerivedWorld) -> None:
    world.corrected["BTC", world.days[0]] = "other candles"

    settled = world.settle([world.days[0]], until=world.days[1])

    assert settled.traded == (("BTC", world.days[0]), ("BTC", world.days[1]))
    assert stale_trades(world) == {("BTC", world.days[2])}


def test_a_newer_version_of_a_day_takes_the_place_of_the_one_before(world: DerivedWorld) -> None:
    superseded = [version for version in world.versions if (version.coin, version.day) == ("BTC", world.days[0])]
    newer = world.publish("BTC", world.days[0], 900)

    world.settle(world.days)

    named = {row["version_id"] for row in world.rows()["shadow_days"] if row["coin"] == "BTC"}
    assert newer.id in named
    assert not named & {version.id for version in superseded}


def test_the_wanted_version_counts_also_where_another_was_published_later(world: DerivedWorld) -> None:
    before = world.rows()
    for version in world.versions:
        world.wanted[version.coin, version.day] = version.fingerprint

    world.clock.advance(timedelta(minutes=1))
    world.publish("BTC", world.days[0], 901)

    assert stale_trades(world) == set()
    assert world.rows() == before


def test_a_decision_by_hand_makes_the_days_after_it_stale_and_is_not_touched(world: DerivedWorld) -> None:
    promote(world.services, world.versions[0].id, reason="I looked at it", who="alice")

    settled = world.settle(world.days)

    (manual,) = [row for row in world.rows()["champion_decisions"] if row["decided_by"] == "manual: alice"]
    champion = ChampionLog(world.services.database).champion("BTC")
    assert (settled.traded, manual["day"]) == ((), world.days[-1])  # it counts from the next day on
    assert settled.reports == (world.days[-1],)  # which shows it
    assert champion is not None
    assert champion.id == world.versions[0].id


def test_candles_that_cannot_be_read_stop_no_other_coin_and_are_named_until_they_can(world: DerivedWorld) -> None:
    stored = [info.key for info in world.services.store.list(keys.CANDLES)]
    (key,) = [name for name in stored if "/BTC/" in name and world.days[2].isoformat() in name]
    before = world.rows()
    world.services.store.put(key, b"not candles")
    world.corrected.update(dict.fromkeys([("BTC", world.days[2]), ("ETH", world.days[2])], "both were asked for again"))

    first, second = world.settle(world.days), world.settle(world.days)
    healed = [outcome.coin for outcome in fetch_candles(world.services, world.days[2], ["BTC"])]
    world.settle(world.days)

    assert healed == ["BTC"]
    assert set(first.traded) == {("ETH", world.days[2])}
    assert (DerivedKind.TRADES, "BTC", world.days[2]) in first.failures.keys() & second.failures.keys()
    assert (world.rows(), world.stale()) == (before, [])


def test_a_model_that_cannot_be_read_is_named_until_it_can_and_the_rows_are_then_as_ever(world: DerivedWorld) -> None:
    before = world.rows()
    champion = next(row["version_id"] for row in before["shadow_days"] if row["day"] == world.days[1])
    version = world.services.registry.version(champion)
    weights = world.services.store.get(version.weights_key)
    world.services.store.put(version.weights_key, b"damaged")
    world.corrected["ETH", world.days[2]] = "other candles"
    made = list(trade_day(world.services, world.days[1], world.coins, inputs=world.inputs))

    damaged = world.settle(world.days)
    world.services.store.put(version.weights_key, weights)
    whole = world.settle(world.days)

    assert [(one.coin, one.traded is not None, champion in (one.failure or "")) for one in made] == [
        ("BTC", True, True),
        ("ETH", True, False),
    ]
    assert ("ETH", world.days[2]) in damaged.traded
    assert (DerivedKind.TRADES, "BTC", world.days[1]) in damaged.failures
    assert (whole.failures, world.stale(), world.rows()) == ({}, [], before)


def test_a_delisted_champion_holds_without_trades_and_without_failure(world: DerivedWorld) -> None:
    later = world.days[-1] + timedelta(days=60)
    for coin in world.coins:
        world.publish(coin, later, 40)

    settled = settle(world.services, [later], world.coins, inputs=world.inputs)

    decisions = ChampionLog(world.services.database).decisions(day=later)
    assert (set(settled.traded), settled.failures) == ({(coin, later) for coin in world.coins}, {})
    assert {decision.decision for decision in decisions} == {"hold"}
    assert all("has no candles" in decision.reason for decision in decisions)


def test_a_home_of_the_version_before_has_no_digests_and_its_days_are_made_once(world: DerivedWorld) -> None:
    before = world.rows()
    with world.services.database.begin() as connection:
        connection.exec_driver_sql("DELETE FROM derived_days")

    reasons = {one.reason for one in world.stale()}
    settled = world.settle(world.days)

    assert reasons == {"not made yet"}
    assert len(settled.traded) == len(world.coins) * NUM_DAYS
    assert (world.rows(), world.stale()) == (before, [])
