"""Fills a PostgreSQL as years of nights would have: runs, events, checks, versions, attempts.

The newest night's materializations go through Dagster's own `store_event`, which keeps `asset_keys`; the older ones are
copies made by the server. Left out: events that belong to no asset (steps, resources, log lines), which are read only
on the page of their own run.
"""

import json
import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from dagster import DagsterInstance, EventLogEntry, deserialize_value
from sqlalchemy import Connection, text

from benchmarks.size import sample as sampled
from benchmarks.size.sample import Sample
from coin_models.defs.instance.home import open_instance
from coin_models.defs.jobs import RETRAIN
from coin_models.pipeline.services import Services

_REGISTRY = """
INSERT INTO sessions (id, machine, host, provider, market, price_usd_per_hour, process_id, code_version, started_at,
                      heartbeat_at, ended_at, end_reason)
SELECT 's' || day::date, 'm', 'h', 'vast', 'spot', 0.05, 1, 'c', day, day, day, 'finished' FROM %(days)s;
INSERT INTO model_versions (id, coin, day, fingerprint, architecture_digest, weights_key, weights_sha256, manifest_key,
                            manifest_sha256, code_version, metrics, created_at, resumed, fit_seconds, num_steps, skill)
SELECT coin || '-' || day::date, coin, day, md5(coin || day), 'a', 'models/' || coin || '/' || day::date, md5(coin || day),
       'models/' || coin || '/' || day::date, md5(day || coin), 'c', %(metrics)s, day, false, 1.5, 400, 0.01
FROM %(days)s, unnest(CAST(:coins AS text[])) coin;
INSERT INTO attempts (coin, day, session_id, action, outcome, started_at, ended_at, steps_done, useful_seconds)
SELECT coin, day, 's' || day::date, 'trained', 'done', day, day, 400, 1.5
FROM %(days)s, unnest(CAST(:coins AS text[])) coin;
"""
_DAYS = "generate_series(CAST(:first AS timestamptz), CAST(:last AS timestamptz), '1 day') day"
_METRICS = """'{"validation": {"pinball": 0.5, "coverage_0.1": 0.1, "coverage_0.9": 0.9}}'"""

_SAMPLE = """CREATE TEMPORARY TABLE IF NOT EXISTS sample (event text, type text, step_key text, asset_key text, check_name text,
  check_status text, is_of_coin boolean, place serial)"""
_RUN = """INSERT INTO runs (run_id, pipeline_name, status, run_body, partition, start_time, end_time, create_timestamp,
  update_timestamp) VALUES (:run, :job, 'SUCCESS', :body, :day, :begun, :ended, :at, :at)"""
_TAG = "INSERT INTO run_tags (run_id, key, value) VALUES (:run, :key, :value)"
_TEXT = "replace(replace(replace(event, :sample_run, :run), :sample_day, :day), :sample_coin, coin)"
_EVENTS = f"""INSERT INTO event_logs (run_id, event, dagster_event_type, timestamp, step_key, asset_key, partition)
SELECT :run, {_TEXT}, type, :at, step_key, replace(asset_key, :sample_coin, coin), :day
FROM sample, unnest(CAST(:coins AS text[])) coin
WHERE (is_of_coin OR coin = :first_coin) AND check_name IS NULL AND type = ANY(:types)
ORDER BY type DESC, step_key, coin"""  # noqa: S608 - constants
_CHECKS = f"""INSERT INTO asset_check_executions (asset_key, check_name, partition, run_id, execution_status,
  evaluation_event, evaluation_event_timestamp)
SELECT replace(asset_key, :sample_coin, coin), check_name, CASE check_status WHEN 'PLANNED' THEN :day END, :run,
  check_status, {_TEXT}, :at
FROM sample, unnest(CAST(:coins AS text[])) coin
WHERE (is_of_coin OR coin = :first_coin) AND check_name IS NOT NULL"""  # noqa: S608
_TAGS_OF_EVENTS = """INSERT INTO asset_event_tags (event_id, asset_key, key, value, event_timestamp)
SELECT id, asset_key, 'dagster/data_version', md5(asset_key || partition), timestamp FROM event_logs
WHERE dagster_event_type = 'ASSET_MATERIALIZATION' AND id NOT IN (SELECT event_id FROM asset_event_tags)"""

_INDEXES = """SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT LIKE '%pkey'
  AND tablename IN ('event_logs', 'asset_check_executions')"""

_PLANNED, _DONE = "ASSET_MATERIALIZATION_PLANNED", "ASSET_MATERIALIZATION"


def fill(services: Services, sample: Sample, coins: Sequence[str], days: Sequence[date]) -> None:
    """Writes everything; the database must have been empty."""
    engine = services.database.engine
    with engine.begin() as connection:
        statements = _REGISTRY % {"days": _DAYS, "metrics": _METRICS}
        bounds = {"first": _at(days[0]), "last": _at(days[-1]), "coins": list(coins)}
        for statement in statements.strip().removesuffix(";").split(";"):
            connection.execute(text(statement), bounds)
    with open_instance(services.settings) as instance:
        with engine.begin() as connection:
            indexes = drop_indexes(connection)
            copy_nights(connection, sample, coins, days, newest=days[-1])
            for definition in indexes:
                connection.execute(text(definition))
        _store_newest(instance, sample, coins, days[-1])
    with engine.begin() as connection:
        connection.execute(text(_TAGS_OF_EVENTS))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))  # what autovacuum does within minutes


def drop_indexes(connection: Connection) -> list[str]:
    """Drops the indexes of the large tables; returns what makes them again. Filling them row by row takes three times as long."""
    names = connection.execute(text(_INDEXES)).all()
    for name, _definition in names:
        connection.execute(text(f"DROP INDEX {name}"))
    return [definition for _name, definition in names]


def copy_nights(
    connection: Connection, sample: Sample, coins: Sequence[str], days: Sequence[date], newest: date | None = None
) -> None:
    """Runs, events and checks of these days; of `newest` no materializations, which `fill` stores through Dagster."""
    connection.execute(text(_SAMPLE))
    connection.execute(
        text("INSERT INTO sample VALUES (:event, :type, :step_key, :asset_key, :check_name, :check_status, :is_of_coin)"),
        [
            {"event": e.event, "type": e.type, "step_key": e.step_key, "asset_key": e.asset_key,
             "check_name": e.check_name, "check_status": e.check_status, "is_of_coin": e.is_of_coin}
            for e in sample.events
        ],
    )  # fmt: skip
    for day in days:
        run_id = str(uuid.uuid5(uuid.NAMESPACE_URL, day.isoformat()))
        values = {
            "run": run_id, "day": day.isoformat(), "at": _at(day).replace(tzinfo=None),
            "coins": list(coins), "first_coin": coins[0],
            "sample_run": sample.run_id, "sample_day": sampled.DAY, "sample_coin": sampled.COIN,
            "types": [_PLANNED] if day == newest else [_PLANNED, _DONE],
        }  # fmt: skip
        _insert_run(connection, sample, coins, day, run_id)
        connection.execute(text(_EVENTS), values)
        connection.execute(text(_CHECKS), values)


def _insert_run(connection: Connection, sample: Sample, coins: Sequence[str], day: date, run_id: str) -> None:
    begun = _at(day).timestamp()
    values = {"run": run_id, "job": RETRAIN, "body": _run_body(sample, coins, day, run_id), "day": day.isoformat(),
              "begun": begun, "ended": begun + 600, "at": _at(day).replace(tzinfo=None)}  # fmt: skip
    connection.execute(text(_RUN), values)
    tags = {key: value.replace(sampled.DAY, day.isoformat()) for key, value in sample.tags.items()}
    connection.execute(text(_TAG), [{"run": run_id, "key": key, "value": value} for key, value in tags.items()])


def _run_body(sample: Sample, coins: Sequence[str], day: date, run_id: str) -> str:
    body: dict[str, Any] = {**sample.run_body, "pipeline_snapshot_id": None, "execution_plan_snapshot_id": None}
    every = body["asset_selection"]["__frozenset__"]
    of_coins = [key for key in every if sampled.COIN in key["path"]]
    others = [key for key in every if key not in of_coins]
    chosen = others + [{**key, "path": [key["path"][0], coin]} for coin in coins for key in of_coins]
    content = json.dumps({**body, "asset_selection": {"__frozenset__": chosen}})
    return content.replace(sample.run_id, run_id).replace(sampled.DAY, day.isoformat())


def _store_newest(instance: DagsterInstance, sample: Sample, coins: Sequence[str], day: date) -> None:
    run_id = str(uuid.uuid5(uuid.NAMESPACE_URL, day.isoformat()))
    for event in sample.events:
        if event.type != _DONE:
            continue
        for coin in coins if event.is_of_coin else coins[:1]:
            content = event.event.replace(sample.run_id, run_id).replace(sampled.DAY, day.isoformat())
            entry = deserialize_value(content.replace(sampled.COIN, coin), EventLogEntry)
            instance.event_log_storage.store_event(entry._replace(timestamp=_at(day).timestamp()))


def _at(day: date) -> datetime:
    """When the night's run of a trading day begins."""
    return datetime.combine(day + timedelta(days=1), time(2), UTC)
