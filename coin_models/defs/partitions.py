"""The daily partitions: a partition is a trading day, a UTC date."""

from datetime import date

from dagster import BackfillPolicy, DailyPartitionsDefinition

from coin_models.settings.root import Settings

_FIRST_DAYS = {"demo": date(2024, 1, 1), "files": date(2017, 1, 1), "exchange": date(2023, 1, 1)}


def daily_partitions(settings: Settings) -> DailyPartitionsDefinition:
    """Trading days from the first one that the settings name, UTC; a day becomes a partition when it is over."""
    return DailyPartitionsDefinition(start_date=first_trading_day(settings).isoformat(), timezone="UTC")


def one_run_per_range(settings: Settings) -> BackfillPolicy:
    """How a backfill of coins is cut into runs: consecutive days together, up to `operations.max_days_per_run`."""
    return BackfillPolicy.multi_run(settings.operations.max_days_per_run)


def first_trading_day(settings: Settings) -> date:
    """The first partition: `operations.first_day`, else the source's own."""
    named = settings.operations.first_day
    return date.fromisoformat(named) if named else _FIRST_DAYS[settings.source]


def partition_key(day: date) -> str:
    """The day as Dagster's partition key."""
    return day.isoformat()
