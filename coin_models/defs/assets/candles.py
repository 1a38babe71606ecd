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
from coin_models.errors import CoinModelsError
from coin_models.market.candles import Candles
from coin_models.market.quality import assess_day
from coin_models.pipeline.candles import day_problem, fetch_candles
from coin_models.pipeline.train.prepare import first_candle_day
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
                for coin, found in fetch_candles(worker.services, day, wanted):
                    problem = _problem(found, day, settings)
                    if problem is not None:
                        worker.candle_failures[coin, day] = problem
                        book.failed(coin, day, problem)
                    elif isinstance(found, Candles) and len(found):
                        _store(worker, book, coin, day, found)
        yield from book.close()

    return candles


def _store(worker: Worker, book: PartitionRecorder, coin: str, day: date, lookback: Candles) -> None:
    services = worker.services
    of_day = lookback.slice_days(day, day)
    services.candles.write_day(coin, day, of_day)
    worker.candle_failures.pop((coin, day), None)  # of an earlier run in the same session
    quality = assess_day(coin, lookback, day, asked_from=first_candle_day(day, services.settings))
    book.record(asset_key(KIND, coin), day, candle_metadata(quality, lookback), version=of_day.digest())
    book.check(day, checks.candle_checks(KIND, quality, services.settings))


def _problem(found: Candles | CoinModelsError, day: date, settings: Settings) -> str | None:
    if isinstance(found, CoinModelsError):
        return str(found)
    if not len(found):
        return None  # not listed yet: no failure, and nothing to show
    return day_problem(found, day, settings.market.min_day_coverage)
