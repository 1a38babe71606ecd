"""A session that was suspended: it keeps what no other one took, gives up the cohort that was taken, and never the night."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from coin_models.operations.attempts import AttemptAction, ComputeUsage, Outcome
from coin_models.operations.leases import coin_day_lease
from coin_models.pipeline.train.outcome import CoinOutcome
from coin_models.pipeline.train.run import retrain
from coin_models.training.results import Progress
from coin_models_tests.pipeline.killable import COINS, DAY, World


def suspended_in_a_fit(world: World, meanwhile: Callable[[], object]) -> list[CoinOutcome]:
    """The outcomes of a worker that is suspended once, late in its first fit; then its heart beats again."""
    worker = world.worker()
    suspensions = [meanwhile]

    def suspend(progress: Progress) -> None:
        if suspensions and progress.phase == "validate" and progress.epoch == 2:
            suspensions.pop()()
            worker.services.leases.renew(worker.session.session_id)

    return list(retrain(worker, DAY, world.coins, progress=suspend))


def attempts_of(world: World, coin: str) -> list[tuple[Outcome, ComputeUsage]]:
    rows = world.services().attempts.between(DAY, DAY)
    return [(attempt.outcome, attempt.usage) for attempt in rows if attempt.coin == coin]


def test_what_no_other_session_took_is_fitted_to_the_end(world: World, uninterrupted: dict[str, str]) -> None:
    outcomes = suspended_in_a_fit(world, lambda: world.clock.advance(timedelta(hours=1)))

    assert [outcome.action for outcome in outcomes] == [AttemptAction.TRAINED] * 2
    assert [outcome for outcome, _ in attempts_of(world, "BTC")] == [Outcome.DONE]
    assert world.weights() == uninterrupted


def test_what_another_session_published_meanwhile_is_up_to_date_and_says_so(
    world: World, uninterrupted: dict[str, str]
) -> None:
    def another_machine_comes() -> None:
        world.reap()
        world.live()

    outcomes = suspended_in_a_fit(world, another_machine_comes)

    assert {outcome.coin for outcome in outcomes} == set(COINS)
    assert {(outcome.outcome, outcome.reason) for outcome in outcomes} == {
        (Outcome.REUSED, "published by another session, which took it over from this one")
    }
    assert world.weights() == uninterrupted


def test_a_session_that_loses_one_cohort_fits_the_others(tmp_path: Path) -> None:
    world = World(tmp_path / "home", cohort_size=1)
    world.fetch()

    def another_machine_comes() -> None:
        world.reap()
        world.live(coins=["BTC"])

    outcomes = {outcome.coin: outcome for outcome in suspended_in_a_fit(world, another_machine_comes)}

    assert {coin: outcome.outcome for coin, outcome in outcomes.items()} == {
        "BTC": Outcome.REUSED, "ETH": Outcome.DONE,
    }  # fmt: skip
    assert outcomes["ETH"].reason is None


def test_a_session_that_was_closed_as_dead_resumes_its_cohort_by_itself(
    world: World, uninterrupted: dict[str, str]
) -> None:
    outcomes = suspended_in_a_fit(world, world.reap)

    assert [outcome.action for outcome in outcomes] == [AttemptAction.RESUMED] * 2
    assert [outcome for outcome, _ in attempts_of(world, "BTC")] == [Outcome.INTERRUPTED, Outcome.DONE]
    assert world.weights() == uninterrupted


def test_the_time_of_a_fit_that_was_taken_is_not_booked_as_useful(world: World) -> None:
    def another_session_takes_the_leases() -> None:
        world.clock.advance(timedelta(hours=1))
        leases = world.services().leases
        leases.release(leases.acquire([coin_day_lease(coin, DAY) for coin in COINS], "another session").values())

    suspended_in_a_fit(world, another_session_takes_the_leases)

    first, *_ = attempts_of(world, "BTC")
    assert first == (Outcome.INTERRUPTED, ComputeUsage())
