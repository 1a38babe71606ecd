"""Versions are fitted again from their manifests' inputs, and their bytes compared."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest

from coin_models.clock import FixedClock
from coin_models.market.asking import CoinCandles
from coin_models.pipeline.candles import ensure_candles
from coin_models.pipeline.plan.recipe import architecture_of
from coin_models.pipeline.recompute import RecomputeResult, any_different, recompute, recompute_version
from coin_models.pipeline.services import Services
from coin_models.registry.bundle import Bundle, Manifest, make_bundle
from coin_models.registry.fingerprint import training_code_version
from coin_models.registry.versions import ModelVersion
from coin_models.settings.root import Settings
from coin_models.settings.training import TrainingSettings
from coin_models.storage.memory import MemoryStore
from coin_models.training.checkpoints.chain import open_chain
from coin_models.training.fit.samples import first_candle_day, samples_of
from coin_models.training.fit.tasks import CohortTask, CoinTask
from coin_models.training.interruption.preemption import PreemptionMonitor
from coin_models.training.results import CohortResult
from coin_models.training.run_fit import fit_cohort

COIN, DAYS = "BTC", (date(2024, 8, 15), date(2024, 8, 16))
QUICK = TrainingSettings(
    lookback_days=34, validation_days=3, epochs=1, width=8, num_blocks=1, num_threads=1, accelerator="cpu"
)


def open_home(home: Path) -> Services:
    settings = Settings(home=home, universe=(COIN,), training=QUICK)
    return Services(settings=settings, clock=FixedClock(datetime(2024, 8, 20, tzinfo=UTC)))


def fitted(services: Services, day: date, parent: ModelVersion | None) -> tuple[Bundle, CohortResult]:
    """A bundle as a run makes it."""
    settings = services.settings
    first = first_candle_day(day, QUICK)
    candles = services.candles.read_range([COIN], first, day)[COIN]
    samples = samples_of(candles, day, QUICK, settings.market)
    weights = services.registry.bundle(parent).weights if parent else None
    task = CoinTask(
        coin=COIN, features=samples.features, targets=samples.targets, split=samples.split,
        fingerprint=f"{day.toordinal():064x}", parent=weights,
    )  # fmt: skip
    network = architecture_of(settings)
    cohort = CohortTask(day=day, coins=(task,), training=QUICK, architecture=network)
    chain = open_chain(MemoryStore(), settings.home, cohort, settings.interruption, services.clock)
    with PreemptionMonitor(settings.interruption) as notice:
        result = fit_cohort(cohort, checkpoints=chain, notice=notice, progress=lambda _: None, lease_alive=lambda: True)
    coin = result.coins[COIN]
    manifest = Manifest(
        coin=COIN, day=day, fingerprint=task.fingerprint, parent_id=parent.id if parent else None,
        candle_digest=candles.digest(), architecture=network, scaling=coin.scaling,
        max_fill_candles=settings.market.max_fill_candles(services.timeframe.seconds),
        settings=QUICK.deciding(), metrics=coin.metrics,
        loss_curve=coin.loss_curve, best_epoch=coin.best_epoch, arithmetic=result.arithmetic,
        code_version=training_code_version(QUICK.plugins), created_at=services.clock.now(),
    )  # fmt: skip
    return make_bundle(manifest, coin.weights), result


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A full retrain and the warm start that follows it."""
    made = tmp_path_factory.mktemp("published") / "home"
    services = open_home(made)
    (outcome,) = ensure_candles(services, DAYS[0], DAYS[-1], [COIN])
    assert isinstance(outcome, CoinCandles), outcome
    parent = None
    for day in DAYS:
        parent = services.registry.publish(fitted(services, day, parent)[0], lease=None)
    services.database.close()
    return made


@pytest.fixture
def services(home: Path, tmp_path: Path) -> Iterator[Services]:
    shutil.copytree(home, tmp_path / "home")
    opened = open_home(tmp_path / "home")
    yield opened
    opened.database.close()


def newest(services: Services) -> ModelVersion:
    return services.registry.versions()[0]


def test_a_full_retrain_and_a_warm_start_give_their_bytes_again(services: Services) -> None:
    results = list(recompute(services, 5))

    assert [one.verdict for one in results] == [RecomputeResult.EQUAL, RecomputeResult.EQUAL]
    assert {one.published_under for one in results} == {one.recomputed_under for one in results}
    assert not any_different(results)


def test_the_same_seed_chooses_the_same_versions(services: Services) -> None:
    chosen = [[one.version_id for one in recompute(services, 1, seed=seed)] for seed in (1, 1, 2, 3, 4, 5)]

    assert chosen[0] == chosen[1]
    assert len({tuple(one) for one in chosen}) == 2


def test_weights_that_no_fit_gives_are_found_out(services: Services) -> None:
    good = services.registry.bundle(newest(services))
    weights = {name: values + np.float32(1e-6) for name, values in good.weights.items()}
    forged = make_bundle(replace(good.manifest, fingerprint="f" * 64), weights)
    version = services.registry.publish(forged, lease=None)

    result = recompute_version(services, version)

    assert result.verdict is RecomputeResult.DIFFERENT
    assert version.weights_sha256[:12] in result.reason
    assert any_different([result])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"code_version": "0" * 64}, "other training code: 000000000000"),
        ({"candle_digest": "c" * 64}, "other candles are stored now"),
        ({"settings": QUICK.deciding() | {"width": 16}}, "other architecture"),
        ({"day": date(2022, 1, 1)}, "its candles are missing"),
    ],
)
def test_what_cannot_be_recomputed_is_said_with_its_reason(
    services: Services, change: dict[str, object], reason: str
) -> None:
    good = services.registry.bundle(newest(services))
    changed = make_bundle(replace(good.manifest, fingerprint="f" * 64, **change), good.weights)
    version = services.registry.publish(changed, lease=None)

    result = recompute_version(services, version)

    assert result.verdict is RecomputeResult.IMPOSSIBLE
    assert result.reason.startswith(reason)
    assert not any_different([result])


def test_nothing_is_published_by_it(services: Services) -> None:
    before = services.registry.versions()

    list(recompute(services, 2))

    assert services.registry.versions() == before
