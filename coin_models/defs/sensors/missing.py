"""Finds published coin-days that are missing in Dagster's event log.

A worker that is killed between the registry's row and Dagster's event leaves a model that the UI does not show. It
counts as missing: the next run finds it by its fingerprint, trains nothing and records it in Dagster.
"""

from collections.abc import Collection, Sequence
from datetime import date

from dagster import AssetKey, DagsterEventType, DagsterInstance
from sqlalchemy import Select, and_, func, select

from coin_models.defs.assets.keys import DAILY_REPORT, MODEL, asset_key
from coin_models.defs.partitions import partition_key
from coin_models.pipeline.plan.facts import CoinDay


def unmaterialized(instance: DagsterInstance, coins: Collection[str], days: Sequence[date]) -> set[CoinDay]:
    """The coin-days whose model Dagster has no materialization of.

    One statement over Dagster's own tables: `get_materialized_partitions` costs a statement per coin, and reads every
    partition there ever was (docs/adr/0100).
    """
    # Late: it brings alembic and mako, 0.3 s that loading the definitions need not pay.
    from coin_models.defs.instance.private import SqlEventLogStorage, SqlEventLogStorageTable

    storage = instance.event_log_storage
    if not coins or not days:
        return set()
    if not isinstance(storage, SqlEventLogStorage):
        return {key for coin in coins for key in _asked_of_dagster(instance, coin, days)}
    names = {asset_key(MODEL, coin).to_string(): coin for coin in coins}
    keys = {partition_key(day): day for day in days}
    events = SqlEventLogStorageTable.c
    ours = and_(
        events.dagster_event_type == DagsterEventType.ASSET_MATERIALIZATION.value,
        events.asset_key.in_(list(names)),
        events.partition.between(min(keys), max(keys)),
    )
    with storage.index_connection() as connection:
        counting = select(events.partition, func.count(events.asset_key.distinct())).where(ours)
        counts: dict[str, int] = {row[0]: row[1] for row in connection.execute(counting.group_by(events.partition))}
        missing: set[CoinDay] = set()
        for key, day in keys.items():
            if counts.get(key, 0) < len(names):
                there = connection.execute(select(events.asset_key).where(ours, events.partition == key).distinct())
                missing |= {(names[name], day) for name in set(names).difference(there.scalars())}
        wiped = list(connection.execute(_wiped(list(names))).scalars())
    for name in wiped:
        missing |= _asked_of_dagster(instance, names[name], days)
    return missing


def unreported_days(instance: DagsterInstance, days: Sequence[date]) -> set[date]:
    """The days whose last asset, the report, is not there: a run was killed after its last model, or never began."""
    there = instance.get_materialized_partitions(AssetKey([DAILY_REPORT]))
    return {day for day in days if partition_key(day) not in there}


def _wiped(names: list[str]) -> Select[str]:
    """Assets that were wiped in the UI: their old events are still there, and Dagster knows which count."""
    from coin_models.defs.instance.private import AssetKeyTable

    table = AssetKeyTable.c
    return select(table.asset_key).where(table.asset_key.in_(names), table.wipe_timestamp.is_not(None))


def _asked_of_dagster(instance: DagsterInstance, coin: str, days: Sequence[date]) -> set[CoinDay]:
    there = instance.get_materialized_partitions(AssetKey([MODEL, coin]))
    return {(coin, day) for day in days if partition_key(day) not in there}
