"""The assets `candles/<COIN>`, `model/<COIN>`, `shadow_trades/<COIN>`: a trading day's results of each coin, in one
step.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from dagster import AssetsDefinition, AssetSpec, FreshnessPolicy, build_output_context

from coin_models.defs import checks
from coin_models.defs.assets.freshness import MAX_COINS, made_by_the_deadline
from coin_models.defs.assets.keys import CANDLES, MODEL, OWNERS, SHADOW_TRADES, asset_key
from coin_models.defs.assets.rechecks import recheck_coins
from coin_models.defs.assets.records import record_candles, record_model, record_trades
from coin_models.defs.assets.step import Step, build_step
from coin_models.defs.instance.pools import TRAINER_POOL
from coin_models.defs.io_managers import CANDLES_IO, MODEL_IO, candles_through
from coin_models.defs.links import coin_link
from coin_models.defs.partitions import one_run_per_range, partition_key
from coin_models.defs.progress import log_lines
from coin_models.defs.runs import RESUMED, coins_tag
from coin_models.errors import Deferred
from coin_models.market.asking import CandleProblem
from coin_models.operations.attempts import AttemptAction
from coin_models.pipeline.candles import fetch_candles
from coin_models.pipeline.derived.settle import settle_trades
from coin_models.pipeline.phases import Phase, counted
from coin_models.pipeline.shadow_trades import trade_day
from coin_models.pipeline.train.run import retrain
from coin_models.registry.fingerprint import training_code_version
from coin_models.registry.registry import Uploaded
from coin_models.registry.versions import ModelVersion
from coin_models.settings.root import Settings

STEP = "coins"
PUT_OFF = "put off"  # in the place of a coin: the admission policy left it for later


def build_coin_assets(settings: Settings, coins: Sequence[str]) -> AssetsDefinition:
    """Three assets per coin, in one step that works off its days, oldest first, and reports each coin as it is finished."""
    policy = made_by_the_deadline(settings) if len(coins) <= MAX_COINS else None
    return build_step(
        settings,
        STEP,
        # By kind: Dagster looks for each check's asset from the front of this list.
        [spec for of_kind in zip(*(_specs(settings, coin, policy) for coin in coins), strict=True) for spec in of_kind],
        [
            *checks.check_specs(CANDLES, coins, (checks.COMPLETE_FRESH_SANE,)),
            *checks.check_specs(MODEL, coins, (checks.SOUND_AND_SKILLED,)),
        ],
        lambda step: _work(step, coins),
        recheck_coins,
        backfill=one_run_per_range(settings),
        resources=frozenset({CANDLES_IO, MODEL_IO}),
        pool=TRAINER_POOL,
    )


def _specs(settings: Settings, coin: str, policy: FreshnessPolicy | None) -> Iterator[AssetSpec]:
    common: dict[str, Any] = {
        "owners": OWNERS,
        "tags": {"coin": coin},
        "metadata": {"page": coin_link(coin)},
        "skippable": True,
    }
    market, training = f"{coin}/{settings.quote}", settings.training
    yield AssetSpec(
        asset_key(CANDLES, coin),
        description=f"Candles ({settings.timeframe}) of {market}, one UTC day: open, high, low, close, volume",
        group_name="market",
        kinds={settings.source, "parquet"},
        **common,
    ).with_io_manager_key(CANDLES_IO)
    yield AssetSpec(
        asset_key(MODEL, coin),
        deps=[asset_key(CANDLES, coin)],
        description=(
            f"Quantile forecast of {market} over the next {training.horizon_minutes} minutes, "
            f"fitted on the {training.lookback_days} days that end with the trading day."
        ),
        group_name="models",
        kinds={"pytorch", "lightning"},
        code_version=training_code_version(training.plugins)[:16],
        freshness_policy=policy,
        **common,
    ).with_io_manager_key(MODEL_IO)
    yield AssetSpec(
        asset_key(SHADOW_TRADES, coin),
        deps=[asset_key(MODEL, coin)],
        description=(
            f"Trades of {market} that the current champion would have made (never sent), "
            "and the decision about tomorrow's champion."
        ),
        group_name="trading",
        kinds={"postgres" if settings.database_url else "sqlite", "table"},
        **common,
    )


def _work(step: Step, coins: Sequence[str]) -> None:
    """Each day: candles, models, trades. What a later day was made from is brought up to date at the end."""
    recorder, worker = step.recorder, step.worker
    put_off = False
    for day in recorder.days:  # what later days start from is made once
        with recorder.on(day, CANDLES):
            _fetch(step, day, step.selected(CANDLES, coins))
        if not put_off:
            put_off = _trained_or_put_off(step, day, step.selected(MODEL, coins))
        with recorder.on(day, SHADOW_TRADES):
            selected = step.selected(SHADOW_TRADES, coins)
            traded = trade_day(worker.services, day, selected)
            for traded_coin in counted(traded, step.on_phase, Phase.TRADES, day, len(selected)):
                record_trades(recorder, traded_coin)
    with recorder.on(recorder.days[-1], SHADOW_TRADES):
        for traded_coin in settle_trades(
            worker.services, dict.fromkeys(step.selected(SHADOW_TRADES, coins), recorder.days)
        ):
            record_trades(recorder, traded_coin)


def _fetch(step: Step, day: date, coins: Sequence[str]) -> None:
    worker = step.worker
    stored = candles_through(step.context.resources.candles_io, worker.services, day)
    fetched = fetch_candles(worker.services, day, coins, candles=stored)
    for outcome in counted(fetched, step.on_phase, Phase.CANDLE_RECORDS, day, len(coins)):
        worker.candle_problems.pop(outcome.coin, None)  # of an earlier look in the same session
        if isinstance(outcome, CandleProblem):
            worker.candle_problems[outcome.coin] = outcome
        record_candles(step.recorder, worker, day, outcome)


def _trained_or_put_off(step: Step, day: date, coins: Sequence[str]) -> bool:
    """Trains; says whether the admission policy let no more through: what it says of this day it says of the later ones."""
    try:
        with step.recorder.on(day, MODEL):
            _train(step, day, coins)
    except Deferred as deferral:
        step.recorder.failed(PUT_OFF, day, str(deferral))
        return True
    return False


def _train(step: Step, day: date, coins: Sequence[str]) -> None:
    worker, context = step.worker, step.context
    worker.commit = lambda uploaded: _published(step, uploaded)
    resumed = []
    progress = log_lines(context.log.info, also=worker.services.progress)
    outcomes = retrain(worker, day, coins, force=step.config.force, progress=progress)
    for outcome in counted(outcomes, step.on_phase, Phase.MODELS, day, len(coins), counts=lambda item: item.day == day):
        if outcome.version is None:
            context.log.info(f"{outcome.day} {outcome.coin}: {outcome.action.value}: {outcome.reason}")
        record_model(step.recorder, worker, outcome)
        if outcome.action is AttemptAction.RESUMED:
            resumed.append(outcome.coin)
    if resumed:
        context.instance.add_run_tags(context.run_id, {RESUMED: f"{day}: {coins_tag(resumed)}"})


def _published(step: Step, uploaded: Uploaded) -> ModelVersion:
    """Hands an uploaded version to the asset's own I/O manager, which commits its row; returns the row."""
    manifest = uploaded.publication.manifest
    key, partition = asset_key(MODEL, manifest.coin), partition_key(manifest.day)
    step.context.resources.model_io.handle_output(
        build_output_context(asset_key=key, partition_key=partition), uploaded
    )
    return step.worker.services.registry.version(uploaded.publication.version().id)
