"""500 coins x 3 years in registry and event log: what is missing is found, and how long that took is printed."""

import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from dagster import AssetKey, DagsterInstance
from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Date,
    Engine,
    MetaData,
    String,
    Table,
    and_,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal,
    select,
    text,
    true,
    update,
)

from coin_models.clock import FixedClock
from coin_models.db.schema import attempts, model_versions, sessions
from coin_models.db.types import JsonValue, UtcDateTime
from coin_models.defs.instance.home import open_instance
from coin_models.defs.instance.private import SqlEventLogStorageTable
from coin_models.defs.sensors.missing import unmaterialized
from coin_models.pipeline.coin_days import State, statuses_now
from coin_models.pipeline.services import Services
from coin_models.settings.operations import OperationsSettings
from coin_models.settings.root import Settings
from coin_models_tests import backends
from coin_models_tests.backends import EMBEDDED, STACK

pytestmark = pytest.mark.proof

NUM_DAYS = 1095
COINS = tuple(f"C{number:03d}" for number in range(500))
NOW = datetime(2026, 3, 11, 12, tzinfo=UTC)
DAYS = [date(2026, 3, 10) - timedelta(days=offset) for offset in reversed(range(NUM_DAYS))]
MISSING = {(COINS[7], DAYS[3]), (COINS[8], DAYS[500]), *((coin, DAYS[-1]) for coin in COINS)}
UNTOLD = {(COINS[9], DAYS[800])}  # published, but missing in Dagster


@pytest.fixture(params=[EMBEDDED, STACK])
def settings(request: pytest.FixtureRequest) -> Iterator[Settings]:
    home = request.getfixturevalue("tmp_path") / "home"
    operations = OperationsSettings(stale="keep", first_day=DAYS[0].isoformat())
    if request.param == EMBEDDED:
        yield Settings(home=home, operations=operations)
        return
    access = request.getfixturevalue("stack_access")
    with backends.migrated_database(access, home) as url:
        opened = backends.stack_settings(access, home=home, database_url=url)
        yield opened.model_copy(update={"operations": operations})


def test_what_is_missing_among_half_a_million_coin_days_is_found(settings: Settings) -> None:
    services = Services(settings=settings, clock=FixedClock(NOW))
    with open_instance(settings) as instance:
        fill_registry(services)
        fill_event_log(instance)
        statuses_now(services, DAYS[:1], COINS)  # the first look opens connections

        began = time.perf_counter()
        statuses = statuses_now(services, DAYS, COINS)
        planned = time.perf_counter()
        untold = unmaterialized(instance, COINS, DAYS)
        ended = time.perf_counter()

    services.close()
    print(  # noqa: T201 - shown by `pytest -rP`; never a limit: machines are shared
        f"{len(COINS) * NUM_DAYS:,} coin-days planned in {planned - began:.2f} s, Dagster asked in {ended - planned:.2f} s"
    )
    assert set(statuses.keys_in_state(State.MISSING)) == MISSING
    assert len(statuses.keys_in_state(State.STALE)) == len(COINS) * NUM_DAYS - len(MISSING)
    assert untold == MISSING | UNTOLD


def fill_registry(services: Services) -> None:
    session = {"id": "s", "machine": "m", "host": "h", "provider": "p", "market": "spot", "price_usd_per_hour": 0.0,
               "process_id": 1, "code_version": "c", "started_at": NOW, "heartbeat_at": NOW, "ended_at": NOW}  # fmt: skip
    with services.database.begin() as connection:
        connection.execute(insert(sessions).values(**session))
        coin, day = every_coin_day(connection)
        name = coin + cast(day, String)
        texts = ("id", "architecture_digest", "weights_key", "weights_sha256", "manifest_key",
                 "manifest_sha256", "code_version")  # fmt: skip
        values = {"coin": coin, "day": day, "fingerprint": literal("ab" * 32), **dict.fromkeys(texts, name),
                  "metrics": literal({}, JsonValue), "created_at": literal(NOW, UtcDateTime()),
                  "resumed": literal(False), "fit_seconds": literal(1.0),
                  "num_steps": literal(10)}  # fmt: skip
        copy(connection, model_versions, values)
        connection.execute(delete(model_versions).where(is_one(model_versions)), bound(MISSING))
        tried = {"coin": coin, "day": day, "session_id": literal("s"), "outcome": literal("done"),
                 "started_at": literal(NOW, UtcDateTime()), "ended_at": literal(NOW, UtcDateTime())}  # fmt: skip
        copy(connection, attempts, tried)
        connection.execute(update(attempts).where(is_one(attempts)).values(outcome="interrupted"), bound(MISSING))
    analyze(services.database.engine)


def fill_event_log(instance: DagsterInstance) -> None:
    events = SqlEventLogStorageTable
    with instance.event_log_storage.index_connection() as connection:  # type: ignore[attr-defined]
        coin, day = every_coin_day(connection)
        asset = literal('["model", "') + coin + literal('"]')
        values = {"run_id": literal("r"), "event": literal("x" * 200), "timestamp": literal(NOW.replace(tzinfo=None)),
                  "dagster_event_type": literal("ASSET_MATERIALIZATION"), "asset_key": asset,
                  "partition": func.substr(cast(day, String), 1, 10)}  # fmt: skip
        copy(connection, events, values)
        gone = [
            {"key": AssetKey(["model", coin]).to_string(), "day": day.isoformat()} for coin, day in MISSING | UNTOLD
        ]
        type_is = events.c.dagster_event_type == "ASSET_MATERIALIZATION"  # the index begins with key and type
        where = (type_is, events.c.asset_key == bindparam("key"), events.c.partition == bindparam("day"))
        connection.execute(delete(events).where(*where), gone)
        if connection.dialect.name == "postgresql":
            connection.execute(text("ANALYZE"))


def every_coin_day(connection: Connection) -> tuple[ColumnElement[str], ColumnElement[date]]:
    """Columns of a temporary table of all 547,500."""
    scratch, places = MetaData(), ["TEMPORARY"]
    coins = Table("some_coins", scratch, Column("coin", String), prefixes=places)
    days = Table("some_days", scratch, Column("day", Date), prefixes=places)
    every = Table("every_coin_day", scratch, Column("coin", String), Column("day", Date), prefixes=places)
    scratch.create_all(connection, checkfirst=False)
    connection.execute(insert(coins), [{"coin": coin} for coin in COINS])
    connection.execute(insert(days), [{"day": day} for day in DAYS])
    crossed = select(coins.c.coin, days.c.day).select_from(coins.join(days, true()))
    connection.execute(insert(every).from_select(["coin", "day"], crossed))
    return every.c.coin, every.c.day


def copy(connection: Connection, table: Table, values: dict[str, ColumnElement[Any]]) -> None:
    connection.execute(insert(table).from_select(list(values), select(*values.values())))


def is_one(table: Table) -> ColumnElement[bool]:
    return and_(table.c.coin == bindparam("of_coin"), table.c.day == bindparam("of_day"))


def bound(keys: set[tuple[str, date]]) -> list[dict[str, object]]:
    return [{"of_coin": coin, "of_day": day} for coin, day in keys]


def analyze(engine: Engine) -> None:
    """What autovacuum does within a minute on a real PostgreSQL."""
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
