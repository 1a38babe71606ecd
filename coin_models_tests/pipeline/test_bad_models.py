"""Bad models are caught by the daily chain itself: a real fit, published, traded and judged by `trade_day`.

The demo market has a signal that a small network learns in seconds. The bad versions: one fitted on shuffled targets, one
whose median has the wrong sign, one whose weights are not numbers.
"""

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from coin_models.clock import FixedClock
from coin_models.errors import ModelDamaged
from coin_models.market.asking import CoinCandles
from coin_models.pipeline.candles import ensure_candles
from coin_models.pipeline.manual_promotion import promote
from coin_models.pipeline.plan.gather import plan_now
from coin_models.pipeline.plan.recipe import architecture_of
from coin_models.pipeline.services import Services
from coin_models.pipeline.shadow_trades import trade_day
from coin_models.pipeline.train.prepare import prepare
from coin_models.registry.bundle import Bundle, Manifest, Metrics, make_bundle
from coin_models.registry.champions import ChampionLog
from coin_models.registry.versions import ChampionDecision, ModelVersion
from coin_models.settings.root import Settings
from coin_models.settings.trading import TradingSettings
from coin_models.settings.training import TrainingSettings
from coin_models.training.checkpoints.chain import open_chain
from coin_models.training.fit.tasks import CohortTask
from coin_models.training.interruption.preemption import PreemptionMonitor
from coin_models.training.results import FittedCoin
from coin_models.training.run_fit import fit_cohort

COIN = "ARB"
FIRST = date(2024, 8, 10)  # the good model's day
DAYS = [FIRST + timedelta(days=number) for number in range(6)]

Weights = Mapping[str, npt.NDArray[np.float32]]


def open_home(home: Path) -> Services:
    training = TrainingSettings(
        lookback_days=60, validation_days=7, num_threads=1, full_retrain_every_days=1, members=(), epochs=6
    )
    trading = TradingSettings(promotion_significance=0.3, promotion_trial_days=1)  # days are few here
    settings = Settings(home=home, universe=(COIN,), training=training, trading=trading)
    return Services(settings=settings, clock=FixedClock(datetime(2024, 8, 20, tzinfo=UTC)))


def fit(services: Services, *, shuffle: bool = False) -> FittedCoin:
    """The production fit of the first day, on true or on shuffled targets."""
    settings = services.settings
    plan = plan_now(services, [FIRST], [COIN])
    task = prepare(services, [plan[COIN, FIRST]], plan.histories, plan.recipe).prepared[COIN].task
    if shuffle:
        targets, rows = task.targets.copy(), task.split.train_index
        targets[rows] = np.random.default_rng(5).permutation(targets[rows])
        task = replace(task, targets=targets, fingerprint="5" * 64)
    cohort = CohortTask(day=FIRST, coins=(task,), training=settings.training, architecture=architecture_of(settings))
    chain = open_chain(services.store, settings.home, cohort, settings.interruption, services.clock)
    with PreemptionMonitor(settings.interruption) as notice:
        result = fit_cohort(cohort, checkpoints=chain, notice=notice, progress=lambda _: None, lease_alive=lambda: True)
    return result.coins[COIN]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Candles of all days."""
    made = tmp_path_factory.mktemp("market") / "home"
    services = open_home(made)
    (outcome,) = ensure_candles(services, FIRST, DAYS[-1], [COIN])
    assert isinstance(outcome, CoinCandles), outcome
    services.database.close()
    return made


@pytest.fixture(scope="module")
def good(home: Path) -> FittedCoin:
    return fit(open_home(home))


@pytest.fixture(scope="module")
def shuffled(home: Path) -> FittedCoin:
    return fit(open_home(home), shuffle=True)


@pytest.fixture
def services(home: Path, tmp_path: Path) -> Iterator[Services]:
    shutil.copytree(home, tmp_path / "home")
    opened = open_home(tmp_path / "home")
    yield opened
    opened.database.close()


def bundle(
    services: Services, fitted: FittedCoin, day: date, *, weights: Weights | None = None, metrics: Metrics | None = None
) -> Bundle:
    """A bundle of these weights; `metrics`: those that the fit wrote down, when they are not its own."""
    manifest = Manifest(
        coin=COIN, day=day, fingerprint=f"{day.toordinal():012d}".ljust(64, "0"), parent_id=None, candle_digest="c" * 64,
        architecture=architecture_of(services.settings), scaling=fitted.scaling, max_fill_candles=6, settings={},
        metrics=metrics or fitted.metrics, loss_curve=fitted.loss_curve, best_epoch=fitted.best_epoch,
        code_version="v" * 64, created_at=services.clock.now(), weights_sha256="",
    )  # fmt: skip
    return make_bundle(manifest, weights or fitted.weights)


def publish(services: Services, made: Bundle) -> ModelVersion:
    return services.registry.publish(made, lease=None)


def flipped(services: Services, fitted: FittedCoin) -> Weights:
    """A sign error between the fit and the forecast."""
    median = architecture_of(services.settings).median
    weights = {name: array.copy() for name, array in fitted.weights.items()}
    weights["head.weight"][:, median] *= -1
    weights["head.bias"][median] *= -1
    return weights


def decide(services: Services, *days: date) -> list[ChampionDecision]:
    """The chain's decisions of these days, in order."""
    for day in days:
        for traded_coin in trade_day(services, day, [COIN]):
            assert traded_coin.traded is not None, traded_coin.failure
    log = ChampionLog(services.database)
    return [log.decisions(COIN, day)[0] for day in days]


def test_an_honest_fit_becomes_champion_on_days_it_never_saw_and_stays(services: Services, good: FittedCoin) -> None:
    version = publish(services, bundle(services, good, FIRST))

    decisions = decide(services, *DAYS)

    kinds = [each.decision for each in decisions]
    assert kinds[0] == "none"
    assert kinds == ["none"] * kinds.index("promote") + ["promote"] + ["hold"] * (5 - kinds.index("promote"))
    assert decisions[-1].version_id == version.id


def test_versions_fitted_on_shuffled_targets_do_not_become_champion(services: Services, shuffled: FittedCoin) -> None:
    publish(
        services, bundle(services, shuffled, FIRST)
    )  # its validation skill is 0.003 by the choice of its epoch: luck

    decisions = decide(services, *DAYS)

    assert (shuffled.metrics["validation"]["skill"] or 0.0) > 0
    assert {each.version_id for each in decisions} == {None}


@pytest.mark.parametrize("kind", ["shuffled targets", "sign flip"])
def test_a_bad_challenger_does_not_replace_a_champion_even_if_its_fit_looked_good(
    services: Services, good: FittedCoin, shuffled: FittedCoin, kind: str
) -> None:
    champion = publish(services, bundle(services, good, FIRST))
    promote(services, champion.id, reason="as of an earlier version", who="alice")
    fitted, weights = (shuffled, None) if kind == "shuffled targets" else (good, flipped(services, good))
    publish(services, bundle(services, fitted, DAYS[1], weights=weights, metrics=good.metrics))

    decisions = decide(services, *DAYS[1:])

    assert decisions[-1].version_id == champion.id
    assert "is not shown to be better than the champion" in decisions[-1].reason


def test_a_champion_with_the_wrong_sign_is_rolled_back_to_the_sound_one(services: Services, good: FittedCoin) -> None:
    sound = publish(services, bundle(services, good, FIRST))
    decide(services, FIRST)
    bad = publish(services, bundle(services, good, DAYS[1], weights=flipped(services, good)))
    promote(services, bad.id, reason="its fit looked good", who="alice")

    decisions = decide(services, *DAYS[2:5])

    assert (decisions[-1].decision, decisions[-1].version_id) == ("rollback", sound.id)
    assert "worse than unconditional quantiles" in decisions[-1].reason


def test_weights_that_are_not_numbers_cannot_even_be_published(services: Services, good: FittedCoin) -> None:
    weights = {**good.weights, "head.bias": np.full_like(good.weights["head.bias"], np.nan)}

    with pytest.raises(ModelDamaged, match="not finite"):
        bundle(services, good, FIRST, weights=weights)


def test_a_champion_whose_stored_weights_went_bad_is_rolled_back_at_once(services: Services, good: FittedCoin) -> None:
    sound = publish(services, bundle(services, good, FIRST))
    decide(services, FIRST)
    bad = publish(services, bundle(services, good, DAYS[1]))
    promote(services, bad.id, reason="newer", who="alice")
    stored = bytearray(services.store.get(bad.weights_key))
    stored[-4:] = np.float32(np.nan).tobytes()
    services.store.put(bad.weights_key, bytes(stored))

    (decision,) = decide(services, DAYS[2])

    assert (decision.decision, decision.version_id) == ("rollback", sound.id)
