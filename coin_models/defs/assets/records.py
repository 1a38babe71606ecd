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


def record_candles(
    recorder: PartitionRecorder, worker: Worker, day: date, outcome: CoinCandles | CandleProblem
) -> None:
    """Records the day's candles, or why there are none; a coin that is not listed yet, or no more, has nothing to show."""
    settings = worker.services.settings
    rule = explain(outcome.history, day, settings.market, settings.training.lookback_days)
    is_stored = bool(row_of(outcome.history, day)["num_candles"] >= 0)
    if is_stored and rule.rule is not Rule.NOT_LISTED:
        _record_stored(recorder, worker, outcome.coin, day, outcome.history)
        return
    problem = str(outcome) if isinstance(outcome, CandleProblem) else None if rule.rule.is_skip else rule.reason
    if problem is not None:
        recorder.failed(outcome.coin, day, problem)


def _record_stored(recorder: PartitionRecorder, worker: Worker, coin: str, day: date, history: History) -> None:
    services = worker.services
    first = first_candle_day(day, services.settings)
    candles = services.candles.read_window({coin: history}, day, day)[coin]
    if isinstance(candles, ObjectDamaged):
        worker.candle_problems[coin] = CandleProblem(coin=coin, error=candles, history=history)
        recorder.failed(coin, day, str(candles))
        return
    num_candles = _num_candles(history, first, day)
    is_first = num_candles == len(candles)
    quality = assess_day(coin, candles, day, asked_from=first if is_first else day)
    metadata = candle_metadata(quality, candles, num_candles)
    recorder.record(asset_key(CANDLES, coin), day, metadata, version=candles.digest())
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


def record_trades(recorder: PartitionRecorder, traded_coin: TradedCoin) -> None:
    """Records a coin's trades of a day, or why they could not be made."""
    if traded_coin.failure is not None:
        recorder.failed(traded_coin.coin, traded_coin.day, traded_coin.failure, kind=SHADOW_TRADES)
    if traded_coin.traded is not None:
        recorder.record(asset_key(SHADOW_TRADES, traded_coin.coin), traded_coin.day, trade_metadata(traded_coin.traded))
        gap_usd = traded_coin.traded.unreconciled_usd
        if gap_usd >= _CENT_USD:
            reason = f"prices less slippage, fees and funding are {gap_usd:.4f} USD from the fills' cash"
            recorder.failed(traded_coin.coin, traded_coin.day, reason, kind=SHADOW_TRADES)
