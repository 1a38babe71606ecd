"""The home's figures in Prometheus's text format, by the database alone: a scrape reads neither store nor source.

Every metric is a gauge of now, read in one transaction per table: nothing is counted in this process, so that any process of any
machine gives the same. The names stand in one list, which the dashboard and the alert rules of deploy/prometheus/ are tested by.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from importlib.metadata import version
from typing import Any, Final

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from sqlalchemy import Connection, func, select, text

from coin_models.clock import Clock, SystemClock
from coin_models.costs.ledger.rows import LedgerRows
from coin_models.costs.policy import spent_usd
from coin_models.db.database_clock import database_clock
from coin_models.db.engine import Database
from coin_models.db.opening import open_database
from coin_models.db.schema import attempts, model_versions, outbox, removals, sessions, workers
from coin_models.home.opening import has_database, no_home
from coin_models.market.universe import resolve_universe
from coin_models.operations.attempts import AttemptLog
from coin_models.operations.retry import RetryState
from coin_models.pipeline.plan.gather import retry_policy
from coin_models.registry.champions import ChampionLog
from coin_models.settings.root import Settings

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_DAY: Final = timedelta(days=1)
_LOOKED_BACK: Final = timedelta(days=14)  # as `health`: a coin without a version for longer has left the market

METRICS: Final[Mapping[str, str]] = {
    "coin_models_info": "1, with the version of coin_models and the market's source as labels",
    "coin_models_coins": "Coins of the universe",
    "coin_models_last_published_timestamp_seconds": "When the newest version of each coin was published, of the last two weeks",
    "coin_models_champions": "Coins that a champion forecasts",
    "coin_models_attempts_last_day": "Attempts at coin-days that ended within 24 hours, by outcome",
    "coin_models_quarantined_coin_days": "Coin-days of the resume window that are out of attempts",
    "coin_models_running_sessions": "Training processes that have not ended",
    "coin_models_workers": "Live workers of a fleet",
    "coin_models_spent_usd_today": "What machines cost since midnight UTC",
    "coin_models_messages": "Messages that wait for a channel, and those dropped within 24 hours",
    "coin_models_noted_removals": "Objects that `prune` has still to remove",
    "coin_models_database_bytes": "Size of the database",
}
"""Name and help of every metric."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of a metric."""

    name: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class _Collector:
    """The samples as the client library wants them."""

    samples: Sequence[Sample]

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """A family for each metric, in the order of `METRICS`."""
        for name, description in METRICS.items():
            given = [sample for sample in self.samples if sample.name == name]
            labels = [label for label, _ in given[0].labels] if given else []
            family = GaugeMetricFamily(name, description, labels=labels)
            for sample in given:
                family.add_metric([value for _, value in sample.labels], sample.value)
            yield family


def metrics_text(settings: Settings, clock: Clock | None = None) -> bytes:
    """The metrics of the home of these settings, in Prometheus's text format.

    Raises:
        NoHome: nothing was trained there yet.
        DatabaseError, DatabaseUnavailable: the database does not answer at once.
    """
    if not has_database(settings, patience_seconds=0.0):
        raise no_home(settings)
    database = open_database(settings, migrate=False, patience_seconds=0.0)
    try:
        samples = tuple(read_samples(database, settings, clock or SystemClock()))
    finally:
        database.close()
    registry = CollectorRegistry()
    registry.register(_Collector(samples))
    return bytes(generate_latest(registry))


def read_samples(database: Database, settings: Settings, clock: Clock) -> Iterator[Sample]:
    """Every value, a few statements that have an index."""
    now, coins = clock.now(), resolve_universe(settings)
    yield Sample("coin_models_info", 1, (("version", version("coin_models")), ("source", settings.source)))
    yield Sample("coin_models_coins", len(coins))
    champions = ChampionLog(database).champions()
    yield Sample("coin_models_champions", sum(champions.get(coin) is not None for coin in coins))
    yield Sample("coin_models_quarantined_coin_days", _num_quarantined(database, settings, clock))
    ledger_sessions, _ = LedgerRows(database).alive_since(now - _DAY)
    midnight = datetime.combine(now.date(), time(), now.tzinfo)
    yield Sample("coin_models_spent_usd_today", spent_usd(ledger_sessions, since=midnight, now=now))
    with database.read() as connection:
        for coin, at in _published(connection, now):
            if coin in coins:
                yield Sample("coin_models_last_published_timestamp_seconds", at.timestamp(), (("coin", coin),))
        for outcome, number in _outcomes(connection, now):
            yield Sample("coin_models_attempts_last_day", number, (("outcome", outcome),))
        yield Sample("coin_models_running_sessions", _count(connection, sessions, sessions.c.ended_at.is_(None)))
        yield Sample("coin_models_workers", _count(connection, workers, workers.c.expires_at > now))
        is_waiting = outbox.c.delivered_at.is_(None) & outbox.c.given_up_at.is_(None)
        yield Sample("coin_models_messages", _count(connection, outbox, is_waiting), (("state", "waiting"),))
        is_dropped = outbox.c.given_up_at > now - _DAY
        yield Sample("coin_models_messages", _count(connection, outbox, is_dropped), (("state", "dropped"),))
        yield Sample("coin_models_noted_removals", _count(connection, removals, removals.c.key.is_not(None)))
        yield Sample("coin_models_database_bytes", _size(connection))


def _num_quarantined(database: Database, settings: Settings, clock: Clock) -> int:
    last = clock.now().date()
    first = last - timedelta(days=settings.operations.resume_window_days)
    policy = retry_policy(settings)
    tries = AttemptLog(database, database_clock(database, clock)).failures(first, last)
    retries = (policy.retry(tried, gives_up=key[2] is not None) for key, tried in tries.items())
    return sum(retry.state is RetryState.QUARANTINED for retry in retries)


def _published(connection: Connection, now: datetime) -> Sequence[Any]:
    columns = model_versions.c
    query = select(columns.coin, func.max(columns.created_at)).where(columns.day >= (now - _LOOKED_BACK).date())
    return connection.execute(query.group_by(columns.coin).order_by(columns.coin)).all()


def _outcomes(connection: Connection, now: datetime) -> Sequence[Any]:
    # By day, which has an index; an attempt of an older day is of a backfill.
    columns, since = attempts.c, now - _DAY
    query = select(columns.outcome, func.count()).where(
        columns.ended_at > since, columns.day >= (now - _LOOKED_BACK).date()
    )
    return connection.execute(query.group_by(columns.outcome).order_by(columns.outcome)).all()


def _count(connection: Connection, table: Any, condition: Any) -> int:
    return int(connection.execute(select(func.count()).select_from(table).where(condition)).scalar_one())


def _size(connection: Connection) -> int:
    if connection.dialect.name == "postgresql":
        return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
    pages, size = (int(connection.execute(text(f"PRAGMA {name}")).scalar_one()) for name in ("page_count", "page_size"))
    return pages * size
