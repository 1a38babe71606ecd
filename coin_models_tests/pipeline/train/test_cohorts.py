"""Which coins are fitted together: the same question gives the same cohorts, and a live checkpoint is resumed first."""

import threading
from collections.abc import Collection, Generator, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from coin_models.operations.attempts import AttemptAction
from coin_models.pipeline.plan.gather import plan_now
from coin_models.pipeline.services import Services
from coin_models.pipeline.train.cohorts import CohortMembers, PreparedCohort, cohorts_to_fit, group_coins
from coin_models_tests.pipeline.killable import DAY, Instant, World

UNIVERSE = ("BTC", "ETH", "SOL", "XRP")


@pytest.fixture
def pairs(tmp_path: Path) -> Iterator[Services]:
    """Four coins, two in a cohort."""
    made = World(tmp_path / "home", coins=UNIVERSE, cohort_size=2)
    made.fetch()
    with made.services() as services:
        yield services


def cohorts_of(
    services: Services,
    *live: tuple[str, ...],
    without: str | None = None,
    damaged: Collection[str] = (),
) -> Generator[PreparedCohort]:
    """The cohorts of every coin but one; of a damaged coin no version is wanted any more."""
    plan = plan_now(services, [DAY], services.settings.universe)
    wanted = {item.coin: item for item in plan.to_train() if item.coin != without}
    members = CohortMembers(
        day=DAY,
        to_publish={c: replace(item, fingerprint=None) if c in damaged else item for c, item in wanted.items()},
        histories=plan.histories,
        recipe=plan.recipe,
        live=live,
    )
    return cohorts_to_fit(services, members)


def coins_of(made: Iterable[PreparedCohort]) -> list[list[str]]:
    return [[task.coin for task in item.cohort.coins] if item.cohort else [] for item in made]


def test_a_coins_place_does_not_depend_on_what_is_left_to_do(pairs: Services) -> None:
    assert coins_of(cohorts_of(pairs)) == [["BTC", "ETH"], ["SOL", "XRP"]]
    assert coins_of(cohorts_of(pairs, without="ETH")) == [["BTC"], ["SOL", "XRP"]]


def test_a_cohort_with_a_live_checkpoint_comes_first_and_whole(pairs: Services) -> None:
    assert coins_of(cohorts_of(pairs, ("XRP", "BTC"))) == [["XRP", "BTC"], ["ETH"], ["SOL"]]


def test_a_live_checkpoint_whose_member_cannot_be_fitted_any_more_is_left(pairs: Services) -> None:
    assert coins_of(cohorts_of(pairs, ("XRP", "BTC"), without="XRP")) == [["BTC", "ETH"], ["SOL"]]

    made = list(cohorts_of(pairs, ("XRP", "BTC"), damaged=["XRP"]))

    assert coins_of(made) == [["BTC", "ETH"], ["SOL"]]
    assert [list(item.failures) for item in made] == [[], ["XRP"]]


def test_a_cohort_without_a_coin_that_can_be_fitted_names_why(pairs: Services) -> None:
    whole, none = cohorts_of(pairs, damaged=["SOL", "XRP"])

    assert coins_of([whole]) == [["BTC", "ETH"]]
    assert none.cohort is None
    assert "no version of SOL" in str(none.failures["SOL"])


def test_one_cohort_is_prepared_ahead_and_no_more(tmp_path: Path) -> None:
    world = World(tmp_path / "home", coins=UNIVERSE, cohort_size=1)
    world.fetch()
    read: set[str] = set()
    with world.services() as services:
        cohorts = cohorts_of(services)
        world.memory.fault = lambda _, key: read.update(coin for coin in UNIVERSE if f"/{coin}/" in key)

        first = next(cohorts)
        for thread in threading.enumerate():  # the next one is on its way
            if thread.name.startswith("prepare-cohort"):
                cohorts.close()
                thread.join()

    assert coins_of([first]) == [["BTC"]]
    assert {"BTC"} <= read <= {"BTC", "ETH"}  # the second one is dropped where it has not begun


def test_asked_for_one_coin_the_cohort_of_its_checkpoint_is_re_formed(
    world: World, uninterrupted: dict[str, str]
) -> None:
    world.live(Instant("put models weights"))
    world.reap()

    outcomes = world.live(coins=["ETH"])

    assert [(outcome.coin, outcome.action) for outcome in outcomes] == [("ETH", AttemptAction.RESUMED)]
    assert world.weights() == uninterrupted


def test_a_member_that_was_published_before_the_kill_is_fitted_along_and_not_published_again(
    world: World, uninterrupted: dict[str, str]
) -> None:
    world.live(Instant("INSERT INTO model_versions", 2))
    (first,) = world.weights()
    world.reap()

    outcomes = world.live()

    assert {outcome.coin: outcome.action for outcome in outcomes} == {
        first: AttemptAction.REUSED,
        next(coin for coin in world.coins if coin != first): AttemptAction.RESUMED,
    }
    assert world.weights() == uninterrupted


def test_a_cohort_never_holds_coins_of_two_shards(pairs: Services) -> None:
    wanted = {item.coin: item for item in plan_now(pairs, [DAY], UNIVERSE).to_train()}

    groups = group_coins(wanted, shards=[("BTC",), ("ETH", "SOL", "XRP")], size=2)

    assert [[item.coin for item in group] for group in groups] == [["BTC"], ["ETH", "SOL"], ["XRP"]]
