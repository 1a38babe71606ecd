"""`shadow_trades/<COIN>`: what the champion would have traded on the day, and who is champion from then on.

Belongs here: the asset. Not here: trading (pipeline/shadow_trades.py).
"""

from collections.abc import Iterator, Sequence
from typing import Any

from dagster import AssetCheckResult, AssetExecutionContext, AssetsDefinition, AssetSpec, Output, multi_asset

from coin_models.defs import checks
from coin_models.defs.assets.model import KIND as MODEL
from coin_models.defs.metadata import trade_metadata
from coin_models.defs.outputs import OWNERS, asset_key, selected_coins
from coin_models.defs.partition_recorder import PartitionRecorder
from coin_models.defs.partitions import daily_partitions, one_run_per_range
from coin_models.defs.resources import WORKER
from coin_models.pipeline.derived.settle import settle_trades
from coin_models.pipeline.shadow_trades import TradedCoin, trade_day
from coin_models.pipeline.worker import Worker
from coin_models.settings.root import Settings

KIND = "shadow_trades"


def build_shadow_trades(settings: Settings, coins: Sequence[str]) -> AssetsDefinition:
    """One asset per coin, in one step; later days that were made from what has changed are made again at its end."""
    specs = [
        AssetSpec(
            asset_key(KIND, coin),
            deps=[asset_key(MODEL, coin)],
            description=(
                f"Trades of {coin}/{settings.quote} that the champion of the days before would have made, never sent; "
                "and the decision about tomorrow's champion."
            ),
            group_name="trading",
            kinds={"postgres" if settings.database_url else "sqlite", "table"},
            owners=OWNERS,
            tags={"coin": coin},
            skippable=True,
        )
        for coin in coins
    ]

    @multi_asset(
        name=KIND,
        specs=specs,
        check_specs=checks.check_specs(KIND, coins, (checks.RECONCILED,)),
        partitions_def=daily_partitions(settings),
        backfill_policy=one_run_per_range(settings),
        can_subset=True,
        required_resource_keys={WORKER},
    )
    def shadow_trades(context: AssetExecutionContext) -> Iterator[Output[Any] | AssetCheckResult]:
        worker: Worker = context.resources.worker
        wanted = selected_coins(context, KIND, coins)
        book = PartitionRecorder(context)
        for day in book.days:  # oldest first: a day's champion was decided on the days before it
            with book.on(day):
                for found in trade_day(worker.services, day, wanted):
                    _record(book, found)
                    if found.traded is not None:
                        book.check(day, checks.trade_checks(KIND, found.coin, found.traded))
        if worker.settles_later_days:
            with book.on(book.days[-1]):
                for found in settle_trades(worker.services, dict.fromkeys(wanted, book.days)):
                    _record(book, found)
        yield from book.close()

    return shadow_trades


def _record(book: PartitionRecorder, found: TradedCoin) -> None:
    if found.failure is not None:
        book.failed(found.coin, found.day, found.failure)
    if found.traded is not None:
        book.record(asset_key(KIND, found.coin), found.day, trade_metadata(found.traded))
