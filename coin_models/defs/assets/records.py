"""Turns domain values into Dagster's records of a coin-day: candles, model and trades, with metadata and check
results.
"""

from datetime import date

from coin_models.defs import checks
from coin_models.defs.assets.keys import CANDLES, MODEL, SHADOW_TRADES, asset_key
from coin_models.defs.metadata import candle_metadata, model_metadata, trade_metadata
from coin_models.defs.partition_recorder import PartitionRecorder
from coin_models.errors import ObjectDamaged
from coin_models.market.asking import CandleProblem, CoinCandles
from coin_models.market.eligibility import Rule, explain
from coin_models.market.history import History, row_of
from coin_models.market.quality import assess_day
from coin_models.market.timeframe import days_between
from coin_models.operations.attempts import Outcome
from coin_models.pipeline.plan.recipe import first_candle_day
from coin_models.pipeline.shadow_trades import TradedCoin
from coin_models.pipeline.train.outcome import CoinOutcome
from coin_models.pipeline.worker import Worker

_CENT_USD = 0.01


def record_candles(recorder: PartitionRecorder, worker: Worker, day: date, found: CoinCandles | CandleProblem) -> None:
    """Records the day's candles, or why there are none; a coin that is not listed yet, or no more, has nothing to show."""
    settings = worker.services.settings
    rule = explain(found.history, day, settings.market, settings.training.lookback_days)
    is_stored = bool(row_of(found.history, day)["num_candles"] >= 0)
    if is_stored and rule.rule is not Rule.NOT_LISTED:
        _record_stored(recorder, worker, found.coin, day, found.history)
        return
    problem = str(found) if isinstance(found, CandleProblem) else None if rule.rule.is_skip else rule.reason
    if problem is not None:
        recorder.failed(found.coin, day, problem)


def _record_stored(recorder: PartitionRecorder, worker: Worker, coin: str, day: date, history: History) -> None:
    services = worker.services
    first = first_candle_day(day, services.settings)
    found = services.candles.read_window({coin: history}, day, day)[coin]
    if isinstance(found, ObjectDamaged):
        worker.candle_problems[coin] = CandleProblem(coin=coin, error=found, history=history)
        recorder.failed(coin, day, str(found))
        return
    num_candles = _num_candles(history, first, day)
    is_first = num_candles == len(found)
    quality = assess_day(coin, found, day, asked_from=first if is_first else day)
    metadata = candle_metadata(quality, found, num_candles)
    recorder.record(asset_key(CANDLES, coin), day, metadata, version=found.digest())
    recorder.check(day, checks.candle_checks(CANDLES, quality, services.settings))


def _num_candles(history: History, first: date, last: date) -> int:
    """Stored candles of the days from `first` to `last`."""
    counts = (max(0, int(row_of(history, day)["num_candles"])) for day in days_between(first, last))
    return sum(counts)


def record_model(recorder: PartitionRecorder, worker: Worker, outcome: CoinOutcome) -> None:
    """Records a published version with its checks, or why there is none."""
    version, services = outcome.version, worker.services
    if outcome.outcome in (Outcome.FAILED, Outcome.UNAVAILABLE):
        recorder.failed(outcome.coin, outcome.day, outcome.reason or "no reason was recorded")
    if version is None:
        return
    settings, registry = services.settings, services.registry
    bundle = registry.bundle(version)
    metadata = model_metadata(outcome, bundle.manifest, usd_per_hour=settings.costs.price_usd_per_hour)
    recorder.record(asset_key(MODEL, outcome.coin), outcome.day, metadata, version=version.weights_sha256)
    parent = registry.bundle(registry.version(version.parent_id)) if version.parent_id else None
    recorder.check(outcome.day, checks.model_checks(MODEL, version, bundle, parent, settings))


def record_trades(recorder: PartitionRecorder, found: TradedCoin) -> None:
    """Records a coin's trades of a day, or why they could not be made."""
    if found.failure is not None:
        recorder.failed(found.coin, found.day, found.failure, kind=SHADOW_TRADES)
    if found.traded is not None:
        recorder.record(asset_key(SHADOW_TRADES, found.coin), found.day, trade_metadata(found.traded))
        gap_usd = found.traded.unreconciled_usd
        if gap_usd >= _CENT_USD:
            reason = f"prices less slippage, fees and funding are {gap_usd:.4f} USD from the fills' cash"
            recorder.failed(found.coin, found.day, reason, kind=SHADOW_TRADES)
