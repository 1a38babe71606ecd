"""Which coins are fitted together: the same question gives the same cohorts, and a live checkpoint is resumed first."""

from collections.abc import Sequence

from coin_models.operations.attempts import AttemptAction
from coin_models.pipeline.plan.gather import plan_now
from coin_models.pipeline.plan.recipe import architecture_of
from coin_models.pipeline.train.cohorts import form_cohorts
from coin_models.pipeline.train.prepare import Prepared, prepare
from coin_models_tests.pipeline.killable import DAY, Instant, World

UNIVERSE = ("BTC", "ETH", "SOL", "XRP")


def prepared_in(world: World) -> dict[str, Prepared]:
    services = world.services()
    plan = plan_now(services, [DAY], world.coins)
    prepared = prepare(services, plan.to_train(), plan.histories, plan.recipe).prepared
    services.close()
    return prepared


def cohorts(
    world: World,
    prepared: dict[str, Prepared],
    *live: tuple[str, ...],
    size: int = 2,
    shards: Sequence[Sequence[str]] = (),
) -> list[list[str]]:
    formed = form_cohorts(
        prepared,
        shards=shards or [world.coins],
        live=live,
        day=DAY,
        training=world.settings.training,
        architecture=architecture_of(world.settings),
        size=size,
    )
    return [[task.coin for task in cohort.coins] for cohort in formed]


def test_a_coins_place_does_not_depend_on_what_is_left_to_do(four_coins: World) -> None:
    prepared = prepared_in(four_coins)
    without_eth = {coin: item for coin, item in prepared.items() if coin != "ETH"}

    assert cohorts(four_coins, prepared) == [["BTC", "ETH"], ["SOL", "XRP"]]
    assert cohorts(four_coins, without_eth) == [["BTC"], ["SOL", "XRP"]]


def test_a_cohort_with_a_live_checkpoint_comes_first_and_whole(four_coins: World) -> None:
    prepared = prepared_in(four_coins)

    assert cohorts(four_coins, prepared, ("XRP", "BTC")) == [["XRP", "BTC"], ["ETH"], ["SOL"]]


def test_a_live_checkpoint_whose_member_cannot_be_fitted_any_more_is_left(four_coins: World) -> None:
    prepared = prepared_in(four_coins)
    del prepared["XRP"]

    assert cohorts(four_coins, prepared, ("XRP", "BTC")) == [["BTC", "ETH"], ["SOL"]]


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


def test_a_cohort_never_holds_coins_of_two_shards(four_coins: World) -> None:
    prepared = prepared_in(four_coins)
    shards = [("BTC",), ("ETH", "SOL", "XRP")]

    assert cohorts(four_coins, prepared, size=2, shards=shards) == [["BTC"], ["ETH", "SOL"], ["XRP"]]
