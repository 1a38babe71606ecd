"""Publishes a fitted cohort, and returns the outcome and usage of each coin."""

from collections.abc import Mapping

from coin_models.db.lease import LeaseToken
from coin_models.errors import LeaseLost
from coin_models.operations.attempts import AttemptAction, ComputeUsage, Outcome
from coin_models.operations.places import place_of
from coin_models.pipeline.plan.recipe import recipe_of
from coin_models.pipeline.train.outcome import CoinOutcome
from coin_models.pipeline.train.prepare import Prepared
from coin_models.pipeline.worker import Worker
from coin_models.registry.bundle import Bundle, Manifest, make_bundle
from coin_models.registry.fingerprint import training_code_version
from coin_models.registry.versions import Publication
from coin_models.training.fit.tasks import CohortTask
from coin_models.training.results import CohortResult, FittedCoin

_ACTIONS = {Outcome.FAILED: AttemptAction.FAILED, Outcome.UNAVAILABLE: AttemptAction.UNAVAILABLE}


def publish_cohort(
    worker: Worker,
    cohort: CohortTask,
    prepared: Mapping[str, Prepared],
    leases: Mapping[str, LeaseToken],
    result: CohortResult,
) -> list[CoinOutcome]:
    """Publishes the leased coins; each is safe on its own.

    Raises:
        LeaseLost: another session has taken over; what it could not commit is that session's to publish.
    """
    counters = result.counters
    settings_digest = recipe_of(worker.services.settings).settings_digest
    published = worker.services.registry.publish_many(
        [
            Publication(
                bundle=_bundle(worker, cohort, prepared[coin], result.coins[coin], result.arithmetic),
                lease=token,
                session_id=worker.session.session_id,
                resumed=counters.resumed_from_step is not None,
                fit_seconds=counters.fit_seconds / len(cohort.coins),
                num_steps=counters.steps_total,
                settings_digest=settings_digest,
            )
            for coin, token in leases.items()
            if coin in result.coins
        ],
        worker.commit,
    )
    for failure in published.failures.values():
        if isinstance(failure, LeaseLost):
            raise failure
    failures = {**result.failures, **published.failures}
    outcomes = {coin: Outcome.UNAVAILABLE if place_of(error) else Outcome.FAILED for coin, error in failures.items()}
    action = AttemptAction.TRAINED if counters.resumed_from_step is None else AttemptAction.RESUMED
    return [
        CoinOutcome(
            coin=coin,
            day=cohort.day,
            outcome=outcomes.get(coin, Outcome.DONE),
            action=_ACTIONS.get(outcomes.get(coin, Outcome.DONE), action),
            reason=str(failures[coin]) if coin in failures else None,
            error=failures.get(coin),
            version=published.versions.get(coin),
            num_candles=prepared[coin].num_candles,
            samples_per_second=counters.samples_per_second / len(cohort.coins),
        )
        for coin in leases
    ]


def _bundle(
    worker: Worker, cohort: CohortTask, prepared: Prepared, fitted: FittedCoin, arithmetic: tuple[str, ...]
) -> Bundle:
    manifest = Manifest(
        coin=prepared.task.coin,
        day=cohort.day,
        fingerprint=prepared.task.fingerprint,
        parent_id=prepared.parent.id if prepared.parent else None,
        candle_digest=prepared.candle_digest,
        architecture=cohort.architecture,
        scaling=fitted.scaling,
        max_fill_candles=worker.services.settings.market.max_fill_candles(worker.services.timeframe.seconds),
        settings=cohort.training.deciding(),
        metrics=fitted.metrics,
        loss_curve=fitted.loss_curve,
        best_epoch=fitted.best_epoch,
        horizons=fitted.horizons,
        arithmetic=arithmetic,
        code_version=training_code_version(cohort.training.plugins),
        created_at=worker.services.clock.now(),
        weights_sha256="",  # make_bundle computes it
    )
    return make_bundle(manifest, fitted.weights)


def usage_of(result: CohortResult, num_coins: int, startup_seconds: float, setup_seconds: float) -> ComputeUsage:
    """The cohort's steps and seconds, seconds shared equally among the coins that it publishes.

    `startup_seconds` are a coin's, before the fit; `setup_seconds` the cohort's, of the fit but before its first step.
    """
    counters = result.counters
    fitting = max(0.0, counters.fit_seconds - setup_seconds - counters.checkpoint_seconds) / num_coins
    redone_share = counters.steps_redone / counters.steps_done_here if counters.steps_done_here else 0.0
    return ComputeUsage(
        steps_done=counters.steps_done_here,
        steps_redone=counters.steps_redone,
        useful_seconds=fitting * (1 - redone_share),
        redone_seconds=fitting * redone_share,
        checkpoint_seconds=counters.checkpoint_seconds / num_coins,
        startup_seconds=startup_seconds + setup_seconds / num_coins,
    )
