"""The log of champion decisions: which one counts."""

from datetime import timedelta

import pytest

from coin_models.db.engine import Database
from coin_models.errors import (
    RegistryError,
)
from coin_models.registry.champions import ChampionLog, chosen_manually
from coin_models.registry.registry import Registry
from coin_models_tests.registry import builders
from coin_models_tests.registry.builders import DAY, NOW, decision


def test_the_newest_decision_names_the_champion(database: Database, registry: Registry) -> None:
    log = ChampionLog(database)
    first = registry.publish(builders.bundle(day=DAY - timedelta(days=1)), lease=None)
    second = registry.publish(builders.bundle(), lease=None)
    log.decide(decision(first.id, "promote", DAY - timedelta(days=1), statistics={"p": 0.2}))
    log.decide(decision(second.id, "promote"))

    assert log.champion("BTC") == second
    assert log.champion("BTC", DAY - timedelta(days=1)) == first
    assert log.champion("BTC", DAY - timedelta(days=2)) is None
    assert log.decisions("BTC")[1].statistics == {"p": 0.2}


def test_a_decision_for_nobody_leaves_the_coin_without_champion(database: Database, registry: Registry) -> None:
    log = ChampionLog(database)
    version = registry.publish(builders.bundle(), lease=None)
    log.decide(decision(version.id, "promote"))
    log.decide(decision(None, "none", DAY + timedelta(days=1)))

    assert log.champion("BTC") is None
    assert log.champion("BTC", DAY) == version
    assert log.without_champion(DAY, DAY + timedelta(days=1)) == ["BTC"]
    assert log.without_champion(DAY, DAY) == []


def test_the_champions_of_all_coins_are_those_of_each_coins_newest_day(database: Database, registry: Registry) -> None:
    log = ChampionLog(database)
    bitcoin, ether = (registry.publish(builders.bundle(coin), lease=None) for coin in ("BTC", "ETH"))
    log.decide(decision(bitcoin.id, "promote", DAY - timedelta(days=1)))
    log.decide(decision(bitcoin.id, "promote", decided_by="manual:me"))
    log.decide(decision(None, "none"))
    log.decide(decision(ether.id, "promote", coin="ETH"))
    log.decide(decision(None, "rollback", DAY + timedelta(days=1), coin="ETH"))

    assert log.champions() == {"BTC": bitcoin.id, "ETH": None}


def test_a_decision_made_again_is_one_decision(database: Database) -> None:
    log = ChampionLog(database)
    log.decide(decision(None, "none"))
    log.decide(decision(None, "none", decided_at=NOW + timedelta(hours=1)))

    assert len(log.decisions()) == 1


def test_only_an_own_published_version_can_be_champion(database: Database, registry: Registry) -> None:
    ether = registry.publish(builders.bundle("ETH"), lease=None)

    for version_id, why in ((ether.id, "is a version of ETH"), ("BTC-x", "is not published")):
        with pytest.raises(RegistryError, match=f"cannot be champion of BTC: it {why}"):
            ChampionLog(database).decide(decision(version_id, "promote"))


def test_on_one_day_a_person_outranks_the_policy_whoever_wrote_later(database: Database, registry: Registry) -> None:
    log = ChampionLog(database)
    chosen, other = (registry.publish(builders.bundle(fingerprint=c * 64), lease=None) for c in "ab")
    log.decide(decision(chosen.id, "promote", decided_by="manual: alice"))
    log.decide(decision(other.id, "promote"))

    assert log.champion("BTC") == chosen
    log.decide(decision(other.id, "promote", DAY + timedelta(days=1)))
    assert log.champion("BTC") == other


def test_what_the_policy_took_back_on_a_day_does_not_stand_any_more(database: Database, registry: Registry) -> None:
    log = ChampionLog(database)
    first, second = (registry.publish(builders.bundle(fingerprint=c * 64), lease=None) for c in "ab")
    log.decide(decision(first.id, "promote"))
    log.decide(decision(second.id, "promote", decided_by="manual: alice"))
    log.decide(decision(None, "none"))
    log.decide(decision(first.id, "hold", DAY + timedelta(days=1)))

    standing = log.standing("BTC", before=DAY + timedelta(days=1))

    assert [(each.decision, each.is_manual) for each in standing] == [("promote", True), ("none", False)]


def test_a_champion_counts_as_chosen_manually_until_another_one_followed_it() -> None:
    held = [decision("v1", "hold", DAY + timedelta(days=2)), decision("v1", "hold", DAY + timedelta(days=1))]
    chosen = decision("v1", "promote", decided_by="manual: alice")
    overruled = decision("v2", "promote")

    assert chosen_manually([*held, chosen, overruled], "v1") == DAY
    assert chosen_manually([*held, decision("v2", "promote"), chosen], "v1") is None
    assert chosen_manually(held, "v1") is None
