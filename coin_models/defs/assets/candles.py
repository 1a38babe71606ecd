"""`candles/<COIN>`: a trading day's candles of every coin, with what is wrong with them.

Belongs here: the asset and its checks' names. Not here: fetching (pipeline/candles.py), judging (market/quality.py).
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from dagster import AssetCheckResult, AssetExecutionContext, AssetsDefinition, AssetSpec, Output, multi_asset

from coin_models.defs import checks
from coin_models.defs.metadata import candle_metadata
from coin_models.defs.outputs import OWNERS, asset_key, selected_coins
from coin_models.defs.partition_recorder import PartitionRecorder
from coin_models.defs.partitions import daily_partitions, one_run_per_range
from coin_models.defs.resources import WORKER
from coin_models.errors import ObjectDamaged
from coin_models.market.asking import CandleProblem, CoinCandles
from coin_models.market.eligibility import Rule, explain
from coin_models.market.history import History, row_of
from coin_models.market.quality import assess_day
from coin_models.market.timeframe import days_between
from coin_models.pipeline.candles import fetch_candles
from coin_models.pipeline.plan.recipe import first_candle_day
from coin_models.pipeline.worker import Worker
from coin_models.settings.root import Settings

KIND = "candles"
CANDLES_IO = "candles_io"


def build_candles(settings: Settings, coins: Sequence[str]) -> AssetsDefinition:
    """One asset per coin, in one step that fetches them side by side."""
    specs = [
        AssetSpec(
            asset_key(KIND, coin),
            description=f"Candles ({settings.timeframe}) of {coin}/{settings.quote}, one UTC day: open, high, low, close, volume",
            group_name="market",
            kinds={settings.source, "parquet"},
            owners=OWNERS,
            tags={"coin": coin},
            skippable=True,
        ).with_io_manager_key(CANDLES_IO)
        for coin in coins
    ]

    @multi_asset(
        name=KIND,
        specs=specs,
        check_specs=checks.check_specs(KIND, coins, (checks.COMPLETE_FRESH_SANE,)),
        partitions_def=daily_partitions(settings),
        backfill_policy=one_run_per_range(settings),
        can_subset=True,
        required_resource_keys={WORKER},
    )
    def candles(context: AssetExecutionContext) -> Iterator[Output[Any] | AssetCheckResult]:
        worker: Worker = context.resources.worker
        wanted = selected_coins(context, KIND, coins)
        book = PartitionRecorder(context)
        for day in book.days:
            with book.on(day):
                for found in fetch_candles(worker.services, day, wanted):
                    worker.candle_problems.pop(found.coin, None)  # of an earlier look in the same session
                    if isinstance(found, CandleProblem):
                        worker.candle_problems[found.coin] = found
                    _note(worker, book, day, found)
        yield from book.close()

    return candles


def _note(worker: Worker, book: PartitionRecorder, day: date, found: CoinCandles | CandleProblem) -> None:
    """Records the day's candles, or why there are none; a coin that is not listed yet, or no more, has nothing to show."""
    settings = worker.services.settings
    rule = explain(found.history, day, settings.market, settings.training.lookback_days)
    is_stored = bool(row_of(found.history, day)["num_candles"] >= 0)
    if is_stored and rule.rule is not Rule.NOT_LISTED:
        _record(worker, book, found.coin, day, found.history)
        return
    problem = str(found) if isinstance(found, CandleProblem) else None if rule.rule.is_skip else rule.reason
    if problem is not None:
        book.failed(found.coin, day, problem)


def _record(worker: Worker, book: PartitionRecorder, coin: str, day: date, history: History) -> None:
    services = worker.services
    first = first_candle_day(day, services.settings)
    found = services.candles.read_window({coin: history}, day, day)[coin]
    if isinstance(found, ObjectDamaged):
        worker.candle_problems[coin] = CandleProblem(coin=coin, error=found, history=history)
        book.failed(coin, day, str(found))
        return
    num_candles = _num_candles(history, first, day)
    is_first = num_candles == len(found)
    quality = assess_day(coin, found, day, asked_from=first if is_first else day)
    book.record(asset_key(KIND, coin), day, candle_metadata(quality, found, num_candles), version=found.digest())
    book.check(day, checks.candle_checks(KIND, quality, services.settings))


def _num_candles(history: History, first: date, last: date) -> int:
    """Stored candles of the days from `first` to `last`."""
    counts = (max(0, int(row_of(history, day)["num_candles"])) for day in days_between(first, last))
    return sum(counts)
