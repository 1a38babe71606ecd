"""Turns domain values into Dagster's records of a coin-day: candles, model and trades, with metadata and check
results.
"""

from dataclasses import dataclass
from datetime import date

from coin_models.defs import checks
from coin_models.defs.assets.keys import CANDLES, MODEL, SHADOW_TRADES, asset_key
from coin_models.defs.metadata import candle_metadata, model_metadata, trade_metadata
from coin_models.defs.partition_recorder import PartitionRecorder
from coin_models.errors import ObjectDamaged
from coin_models.market.asking import CandleProblem, CoinCandles
from coin_models.market.candles import Candles
from coin_models.market.eligibility import Rule, explain
from coin_models.market.history import History, row_of
from coin_models.market.quality import DayQuality, assess_day
from coin_models.market.timeframe import days_between
from coin_models.operations.attempts import Outcome
from coin_models.pipeline.plan.recipe import first_candle_day
from coin_models.pipeline.services import Services
from coin_models.pipeline.shadow_trades import TradedCoin
from coin_models.pipeline.train.outcome import CoinOutcome
from coin_models.pipeline.worker import Worker
from coin_models.registry.bundle import Bundle
from coin_models.registry.versions import ModelVersion

_CENT_USD = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDay:
    """A stored day of a coin's candles."""

    candles: Candles
    quality: DayQuality
    num_candles: int  # of the days that a model of this day looks back on


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
    stored = assess_stored(services, coin, day, history)
    if isinstance(stored, ObjectDamaged):
        worker.candle_problems[coin] = CandleProblem(coin=coin, error=stored, history=history)
        recorder.failed(coin, day, str(stored))
        return
    metadata = candle_metadata(stored.quality, stored.candles, stored.num_candles)
    recorder.record(asset_key(CANDLES, coin), day, metadata, version=stored.candles.digest())
    recorder.check(day, checks.candle_checks(CANDLES, stored.quality, services.settings))


def assess_stored(services: Services, coin: str, day: date, history: History) -> StoredDay | ObjectDamaged:
    """A stored day with its quality, or why its object cannot be used."""
    first = first_candle_day(day, services.settings)
    candles = services.candles.read_window({coin: history}, day, day)[coin]
    if isinstance(candles, ObjectDamaged):
        return candles
    num_candles = _num_candles(history, first, day)
    is_first = num_candles == len(candles)
    quality = assess_day(coin, candles, day, asked_from=first if is_first else day)
    return StoredDay(candles=candles, quality=quality, num_candles=num_candles)


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
    recorder.check(outcome.day, checks.model_checks(MODEL, version, bundle, parent_of(services, version), settings))


def parent_of(services: Services, version: ModelVersion) -> Bundle | None:
    """What the version started from; None: a full retrain."""
    return services.registry.bundle(services.registry.version(version.parent_id)) if version.parent_id else None


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
