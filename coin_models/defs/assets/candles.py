"""`candles/<COIN>`: a trading day's candles of every coin, with what is wrong with them.

Belongs here: the asset and its checks' names. Not here: fetching (daily/candles.py), judging (market/quality.py).
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from dagster import AssetCheckResult, AssetExecutionContext, AssetsDefinition, AssetSpec, Output, multi_asset

from coin_models.daily.candles import day_problem, fetch_candles
from coin_models.daily.prepare import first_candle_day
from coin_models.daily.shift import Shift
from coin_models.defs import checks
from coin_models.defs.metadata import candle_metadata
from coin_models.defs.outputs import asset_key, fail_with_summary, output_name, selected_coins, withheld
from coin_models.defs.partitions import daily_partitions
from coin_models.defs.resources import SHIFT
from coin_models.errors import CoinModelsError
from coin_models.market.candles import Candles
from coin_models.market.quality import assess_day
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
            tags={"coin": coin},
            skippable=True,
        ).with_io_manager_key(CANDLES_IO)
        for coin in coins
    ]

    @multi_asset(
        name=KIND,
        specs=specs,
        check_specs=checks.check_specs(KIND, coins, (checks.COMPLETE_AND_SANE,)),
        partitions_def=daily_partitions(settings),
        can_subset=True,
        required_resource_keys={SHIFT},
    )
    def candles(context: AssetExecutionContext) -> Iterator[Output[Any] | AssetCheckResult]:
        shift: Shift = context.resources.shift
        day = date.fromisoformat(context.partition_key)
        failures: dict[str, str] = {}
        for coin, found in fetch_candles(shift.workshop, day, selected_coins(context, KIND, coins)):
            problem = _problem(found, day, settings)
            if problem is not None:
                failures[coin] = shift.candle_failures[coin, day] = problem
            if isinstance(found, CoinModelsError) or problem or not len(found):
                yield withheld(KIND, coin)
                continue
            quality = assess_day(coin, found, day, asked_from=first_candle_day(day, settings))
            metadata = candle_metadata(quality, found)
            yield Output(found.slice_days(day, day), output_name(KIND, coin), metadata=metadata)
            yield from checks.selected(context, checks.candle_checks(KIND, quality, settings))
        fail_with_summary(failures, f"candles of {day}")

    return candles


def _problem(found: Candles | CoinModelsError, day: date, settings: Settings) -> str | None:
    if isinstance(found, CoinModelsError):
        return str(found)
    if not len(found):
        return None  # not listed yet: no failure, and nothing to show
    return day_problem(found, day, settings.market.min_day_coverage)
