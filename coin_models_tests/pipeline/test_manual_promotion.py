"""Manually set champions, and how the policy treats them afterwards."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coin_models.errors import ModelDamaged, RegistryError, UsageError
from coin_models.pipeline.manual_promotion import promote, roll_back
from coin_models.registry.champions import ChampionLog
from coin_models.storage import keys
from coin_models_tests.pipeline.trading_days import FIRST, TradingWorld


@pytest.fixture
def world(tmp_path: Path) -> Iterator[TradingWorld]:
    made = TradingWorld(tmp_path / "home", crowns=False, significance=0.0025)
    yield made
    made.services.database.close()


def champion(world: TradingWorld) -> str | None:
    current = ChampionLog(world.services.database).champion("BTC")
    return current.id if current else None


def by_hand(world: TradingWorld, what: str) -> None:
    promote(world.services, what, reason="I looked at it", who="alice")


def test_a_version_promoted_by_hand_forecasts_from_the_next_day_on(world: TradingWorld) -> None:
    world.trade(world.days[0])
    chosen = world.versions[0]

    by_hand(world, chosen.id)
    world.trade(world.days[1])

    traded = [row for row in world.rows()["shadow_days"] if row["role"] == "champion"]
    assert [(row["day"], row["version_id"]) for row in traded] == [(world.days[1], chosen.id)]


def test_a_coins_name_means_its_newest_version(world: TradingWorld) -> None:
    by_hand(world, "BTC")

    assert champion(world) == world.versions[-1].id


def test_running_the_day_again_does_not_take_a_hand_decision_back(world: TradingWorld) -> None:
    world.trade(world.days[0])
    by_hand(world, world.versions[0].id)

    world.trade(world.days[0])

    assert champion(world) == world.versions[0].id


def test_the_decision_is_copied_into_the_store(world: TradingWorld) -> None:
    by_hand(world, world.versions[0].id)

    (decision,) = ChampionLog(world.services.database).decisions("BTC")
    copy = json.loads(world.services.store.get(keys.decisions(decision.day)))
    assert [row["version_id"] for row in copy["decisions"]] == [world.versions[0].id]


def test_a_store_that_cannot_be_written_to_does_not_take_the_decision_back(
    world: TradingWorld, caplog: pytest.LogCaptureFixture
) -> None:
    in_the_way = world.services.settings.home / "store" / keys.DECISIONS.rstrip("/")
    in_the_way.write_bytes(b"a file where the folder should be")
    by_hand(world, world.versions[0].id)

    assert champion(world) == world.versions[0].id
    assert "copied into the store with the next report" in caplog.text


def test_who_and_why_are_kept(world: TradingWorld) -> None:
    by_hand(world, "BTC")

    (decision,) = ChampionLog(world.services.database).decisions("BTC")
    assert (decision.reason, decision.decided_by, decision.is_manual) == ("I looked at it", "manual: alice", True)


def test_what_the_policy_held_against_a_version_before_does_not_count_after_a_person_chose_it(
    world: TradingWorld,
) -> None:
    poor = {"validation": {"pinball": 0.3, "skill": -0.01, "coverage_0.1": 0.1, "coverage_0.9": 0.9}}
    version = world.publish("BTC", FIRST - timedelta(days=1), 77, metrics=poor)  # nothing newer challenges it

    promotion = promote(world.services, version.id, reason="the validation days were odd", who="alice")
    world.trade(world.days[0])

    assert "does not beat unconditional quantiles" in promotion.warnings[0]
    assert champion(world) == version.id


def test_a_version_whose_stored_weights_are_damaged_is_refused(world: TradingWorld) -> None:
    version = world.versions[0]
    world.services.store.put(version.weights_key, b"not what was published")

    with pytest.raises(ModelDamaged):
        by_hand(world, version.id)

    assert champion(world) is None


def test_a_rollback_brings_back_the_champion_before_and_keeps_the_other_out(world: TradingWorld) -> None:
    by_hand(world, world.versions[0].id)
    by_hand(world, world.versions[1].id)

    promotion = roll_back(world.services, "BTC", reason="it lost money", who="alice")
    world.trade(world.days[1])

    assert (promotion.champion.id, champion(world)) == (world.versions[0].id, world.versions[0].id)
    challengers = [row["version_id"] for row in world.rows()["shadow_days"] if row["role"] == "challenger"]
    assert challengers == []  # the only newer version was rolled back: it does not contend again


@pytest.mark.parametrize(
    ("num_promoted", "message"), [(0, "has no champion to roll back"), (1, "has no earlier champion")]
)
def test_nothing_to_roll_back_to_is_a_sentence(world: TradingWorld, num_promoted: int, message: str) -> None:
    for version in world.versions[:num_promoted]:
        by_hand(world, version.id)

    with pytest.raises(RegistryError, match=message):
        roll_back(world.services, "BTC", reason="x", who="alice")


@pytest.mark.parametrize(
    ("what", "error", "message"),
    [
        ("NOPE", UsageError, "NOPE is not in the universe"),
        ("BTC-2024-08-10-000000000000", RegistryError, "no model version"),
    ],
)
def test_what_cannot_be_promoted_is_a_sentence(
    world: TradingWorld, what: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        by_hand(world, what)


def test_the_champion_cannot_be_promoted_again(world: TradingWorld) -> None:
    by_hand(world, "BTC")

    with pytest.raises(RegistryError, match="is already the champion of BTC"):
        by_hand(world, "BTC")


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("promote"), st.integers(0, 4)),
        st.tuples(st.just("roll back"), st.just(0)),
        st.tuples(st.just("again"), st.integers(0, 3)),
        st.tuples(st.just("trade"), st.just(0)),
    ),
    max_size=7,
)


@given(steps=STEPS)
@settings(max_examples=12, deadline=None)
def test_running_any_day_again_leaves_the_same_rows_also_with_hand_decisions_between(
    steps: list[tuple[str, int]],
) -> None:
    with TemporaryDirectory() as folder:
        world = TradingWorld(Path(folder))
        traded = 0
        for what, number in [("trade", 0), *steps, ("trade", 0)]:
            traded = _step(world, what, number, traded)
        before, kept = world.rows(), champion(world)

        for day in [*reversed(world.days[:traded]), *world.days[:traded]]:
            world.trade(day)

        assert world.rows() == before
        assert champion(world) == kept
        world.services.database.close()


def _step(world: TradingWorld, what: str, number: int, traded: int) -> int:
    """Does one thing, if it can be done; returns how many days were traded by now."""
    if what == "trade" and traded < len(world.days):
        world.trade(world.days[traded])
        return traded + 1
    if what == "again" and number < traded:
        world.trade(world.days[number])
    elif what == "promote" and number <= traded and champion(world) != world.versions[number].id:
        by_hand(world, world.versions[number].id)
    elif what == "roll back":
        try:
            roll_back(world.services, "BTC", reason="it lost money", who="alice")
        except RegistryError:
            return traded  # there is nothing to roll back to
    return traded
