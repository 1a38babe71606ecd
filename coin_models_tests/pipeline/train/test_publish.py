"""A fitted cohort becomes versions, coin by coin, and its seconds are shared among them."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from coin_models.db.lease import LeaseToken
from coin_models.errors import FitDiverged, LeaseLost
from coin_models.features.scaling import FeatureScaling
from coin_models.operations.attempts import AttemptAction, ComputeUsage, Outcome
from coin_models.operations.leases import coin_day_lease
from coin_models.pipeline.plan.gather import plan_now
from coin_models.pipeline.train.cohorts import CohortMembers, cohorts_to_fit
from coin_models.pipeline.train.outcome import CoinOutcome
from coin_models.pipeline.train.prepare import Prepared
from coin_models.pipeline.train.publish import publish_cohort, usage_of
from coin_models.pipeline.worker import Worker
from coin_models.training.fit.tasks import CohortTask
from coin_models.training.results import CohortResult, FitCounters, FittedCoin
from coin_models_tests.pipeline.killable import COINS, DAY, World
from coin_models_tests.registry import builders

COUNTERS = FitCounters(
    steps_total=90, steps_done_here=40, steps_redone=10, resumed_from_step=None, fit_seconds=12.0,
    checkpoint_seconds=2.0, samples_per_second=1000.0, num_threads=1,
)  # fmt: skip


class Fitted:
    """Two coins with weights out of nowhere, leased by a worker that is about to publish them."""

    def __init__(self, world: World) -> None:
        self.worker: Worker = world.worker()
        services = self.worker.services
        plan = plan_now(services, [DAY], COINS)
        wanted = {item.coin: item for item in plan.to_train()}
        (made,) = cohorts_to_fit(
            services, CohortMembers(day=DAY, to_publish=wanted, histories=plan.histories, recipe=plan.recipe)
        )
        assert made.cohort is not None
        self.prepared: Mapping[str, Prepared] = made.prepared
        self.cohort = made.cohort
        names = [coin_day_lease(coin, DAY) for coin in COINS]
        held = services.leases.acquire(names, self.worker.session.session_id)
        self.leases: dict[str, LeaseToken] = {coin: held[coin_day_lease(coin, DAY)] for coin in COINS}
        self.result = CohortResult(
            coins={coin: _coin(self.cohort, seed) for seed, coin in enumerate(COINS)}, failures={}, counters=COUNTERS
        )

    def publish(self, **changes: object) -> dict[str, CoinOutcome]:
        result = replace(self.result, **changes)  # type: ignore[arg-type]
        outcomes = publish_cohort(self.worker, self.cohort, self.prepared, self.leases, result)
        return {outcome.coin: outcome for outcome in outcomes}


def _coin(cohort: CohortTask, seed: int) -> FittedCoin:
    made = builders.manifest()
    num_features = cohort.architecture.num_features
    return FittedCoin(
        weights=builders.weights(cohort.architecture, seed),
        scaling=FeatureScaling(center=made.scaling.center[:num_features], scale=made.scaling.scale[:num_features]),
        best_epoch=1,
        metrics=made.metrics,  # type: ignore[arg-type]
        loss_curve=made.loss_curve,
    )


@pytest.fixture
def fitted(world: World) -> Fitted:
    return Fitted(world)


def test_every_fitted_coin_is_published_with_its_share_of_the_time(fitted: Fitted) -> None:
    outcomes = fitted.publish()

    versions = fitted.worker.services.registry.versions(day=DAY)
    # 12 s of the fit, shared by two coins.
    assert {version.coin: (version.fit_seconds, version.num_steps) for version in versions} == dict.fromkeys(
        COINS, (6.0, 90)
    )
    assert {(one.outcome, one.action) for one in outcomes.values()} == {(Outcome.DONE, AttemptAction.TRAINED)}
    assert {one.samples_per_second for one in outcomes.values()} == {500.0}


def test_a_fit_that_went_on_from_a_checkpoint_is_told_as_resumed(fitted: Fitted) -> None:
    outcomes = fitted.publish(counters=replace(COUNTERS, resumed_from_step=0))

    assert {one.action for one in outcomes.values()} == {AttemptAction.RESUMED}
    assert all(version.resumed for version in fitted.worker.services.registry.versions(day=DAY))


def test_a_coin_whose_fit_diverged_fails_with_its_reason_and_the_other_is_published(fitted: Fitted) -> None:
    only_eth = {"ETH": fitted.result.coins["ETH"]}

    outcomes = fitted.publish(coins=only_eth, failures={"BTC": FitDiverged("the loss of BTC is not finite")})

    assert (outcomes["BTC"].outcome, outcomes["BTC"].reason) == (Outcome.FAILED, "the loss of BTC is not finite")
    assert outcomes["BTC"].version is None
    assert outcomes["ETH"].outcome is Outcome.DONE


def test_a_coin_that_is_not_leased_is_not_published(fitted: Fitted) -> None:
    del fitted.leases["BTC"]

    outcomes = fitted.publish()

    assert list(outcomes) == ["ETH"]
    assert [version.coin for version in fitted.worker.services.registry.versions(day=DAY)] == ["ETH"]


def test_what_another_session_has_taken_over_is_that_sessions_to_publish(fitted: Fitted) -> None:
    services = fitted.worker.services
    services.leases.release_all(fitted.worker.session.session_id)
    services.leases.acquire([coin_day_lease("BTC", DAY)], "another session")

    with pytest.raises(LeaseLost):
        fitted.publish()


def test_the_manifest_says_what_decided_the_fit(fitted: Fitted) -> None:
    version = fitted.publish()["BTC"].version
    assert version is not None

    manifest = fitted.worker.services.registry.bundle(version).manifest

    assert manifest.fingerprint == fitted.prepared["BTC"].task.fingerprint
    assert manifest.candle_digest == fitted.prepared["BTC"].candle_digest
    assert manifest.settings == fitted.cohort.training.deciding()
    assert manifest.parent_id is None


def test_seconds_of_a_fit_are_shared_and_split_by_what_they_were_for() -> None:
    result = CohortResult(coins={}, failures={}, counters=COUNTERS)

    usage = usage_of(result, 2, startup_seconds=3.0, setup_seconds=4.0)

    # 12 s of the fit less 4 s before the first step and 2 s of checkpoints: 6 s, 3 for each coin.
    # 10 of the 40 steps were redone: a quarter of the 3 s.
    assert usage == ComputeUsage(
        steps_done=40, steps_redone=10, useful_seconds=2.25, redone_seconds=0.75, checkpoint_seconds=1.0,
        startup_seconds=3.0 + 4.0 / 2,
    )  # fmt: skip


def test_a_fit_without_a_step_wastes_nothing() -> None:
    counters = replace(COUNTERS, steps_done_here=0, steps_redone=0, fit_seconds=4.0)

    usage = usage_of(CohortResult(coins={}, failures={}, counters=counters), 1, startup_seconds=0.0, setup_seconds=4.0)

    assert (usage.useful_seconds, usage.redone_seconds) == (0.0, 0.0)
