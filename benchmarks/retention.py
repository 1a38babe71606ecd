"""The size of database and store under the default retention, month after month, of made-up nights in a PostgreSQL.

`python -m benchmarks.retention [--coins 100] [--months 36]`: each month's nights are filled in (versions, decisions, shadow
trades, attempts, messages; Dagster's runs, materializations and checks, copied from one trained day), then pruned as of the
month's end. The store holds keys alone; bytes are of a model of the default settings. Everything grows with the number of coins.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path

from dagster import DagsterInstance
from pydantic import SecretStr
from sqlalchemy import text

from benchmarks.size.fill import copy_nights
from benchmarks.size.sample import Sample, train_sample
from coin_models.defs.instance.home import open_instance
from coin_models.defs.pruning import plan_home, prune_home
from coin_models.dev_stack.postgres import DATABASE, USER, PostgresServer
from coin_models.dev_stack.process import free_ports
from coin_models.pipeline.plan.recipe import architecture_of
from coin_models.pipeline.services import Services
from coin_models.settings.root import Settings
from coin_models.storage.memory import MemoryStore

_PASSWORD = "of-a-benchmark"  # noqa: S105 - a server on loopback, for as long as the benchmark runs
_FIRST = date(2022, 1, 1)
_MANIFEST_BYTES = 12_000
_TEXTS = {
    "JSON": """CAST('{"a": "' || repeat('0123456789', 100) || '"}' AS jsonb)""",  # as long as statistics are
    "NIGHTS": """generate_series(CAST(:first AS timestamptz), CAST(:last AS timestamptz), '1 day') d,
  unnest(CAST(:coins AS text[])) c""",
    "ID": "c || '-' || d::date || '-' || left(md5(c || d), 12)",
    "PREFIX": "'models/' || c || '/' || d::date || '/' || md5(c || d) || md5(d || c) || '/",
    "DIGEST": "left(md5(c || d), 16)",
    "WEEK": "date_trunc('week', d)",
}
_ROWS = """
SET LOCAL TIME ZONE 'UTC';
INSERT INTO sessions (id, machine, host, provider, market, price_usd_per_hour, process_id, code_version, started_at, heartbeat_at,
  ended_at, end_reason)
SELECT DISTINCT 's' || d::date, 'm', 'h', 'vast', 'spot', 0.05, 1, 'c', d, d, d, 'finished' FROM NIGHTS;
INSERT INTO model_versions (id, coin, day, fingerprint, architecture_digest, weights_key, weights_sha256, manifest_key,
  manifest_sha256, code_version, metrics, created_at, resumed, fit_seconds, num_steps, skill, parent_id)
SELECT ID, c, d, md5(c || d) || md5(d || c), 'a', PREFIXweights-' || DIGEST || '.safetensors', md5(c || d),
  PREFIXmanifest-' || DIGEST || '.json', md5(d || c), 'c', JSON, d, false, 1.5, 400, 0.01,
  CASE WHEN d > WEEK AND WEEK >= CAST(:start AS timestamptz) THEN
    c || '-' || WEEK::date || '-' || left(md5(c || WEEK), 12) END FROM NIGHTS ORDER BY d;
INSERT INTO attempts (coin, day, session_id, action, outcome, started_at, ended_at, steps_done, useful_seconds)
SELECT c, d, 's' || d::date, 'trained', 'done', d, d, 400, 1.5 FROM NIGHTS;
INSERT INTO champion_decisions (coin, day, version_id, decision, reason, decided_by, decided_at, statistics)
SELECT c, d, NULL, 'none', repeat('r', 200), 'policy', d, JSON FROM NIGHTS;
INSERT INTO shadow_days (coin, day, role, version_id, num_trades, num_forecasts, num_candles, equity_usd, pnl_usd, fees_usd,
  slippage_usd, funding_usd, exposure, turnover_usd, num_scored, statistics, computed_at)
SELECT c, d, role, ID, 3, 288, 288, 1, 1, 1, 1, 1, 1, 1, 276, JSON, d FROM NIGHTS,
  unnest(ARRAY['reference', 'challenger']) role;
INSERT INTO shadow_trades (coin, day, role, version_id, version_resumed, side, decided_at, entered_at, exited_at,
  num_candles_held, quantity, entry_quoted, entry_price, exit_quoted, exit_price, size_usd, fees_usd, slippage_usd,
  funding_usd, pnl_usd, exit_reason, forecast)
SELECT c, d, 'challenger', ID, false, 'long', d, d + n * interval '1 hour', d, 12, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 'horizon',
  CAST('{"0.5": 0.001}' AS jsonb) FROM NIGHTS, generate_series(1, 3) n;
INSERT INTO derived_days (kind, day, coin, digest, computed_at)
SELECT 'trades', d, c, md5(c || d) || md5(d || c), d FROM NIGHTS;
INSERT INTO outbox (event_key, channel, kind, payload, created_at, not_before, delivered_at)
SELECT 'day/' || d::date || c, 'c', 'day', JSON, d, d, d FROM NIGHTS WHERE c = 'C000'
"""


class KeyStore(MemoryStore):
    """Of each object only the key matters."""


class Filled(Services):
    """The services of the benchmark's home."""

    @cached_property
    def store(self) -> KeyStore:
        return KeyStore()


def main() -> None:
    """Fills and prunes month by month; prints a line a month."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--coins", type=int, default=100)
    parser.add_argument("--months", type=int, default=36)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="coin-models-retention-") as scratch:
        folder = Path(scratch)
        sample = train_sample(folder / "sample")
        server, (port,) = PostgresServer(folder, durable=False), free_ports(1)
        server.up(port=port, password=_PASSWORD)
        try:
            url = f"postgresql://{USER}:{_PASSWORD}@127.0.0.1:{port}/{DATABASE}"
            settings = Settings(home=folder / "home", source="demo", database_url=SecretStr(url))
            with Filled(settings=settings) as services, open_instance(settings) as instance:
                print("month  versions  objects  model GB  database MB  filled s  pruned s  removed")
                for month in range(asked.months):
                    live_through(services, instance, sample, [f"C{number:03d}" for number in range(asked.coins)], month)
        finally:
            server.process.stop()


def live_through(services: Filled, instance: DagsterInstance, sample: Sample, coins: Sequence[str], month: int) -> None:
    """A month of nights, then a prune as of its end."""
    first, after = _first_of(month), _first_of(month + 1)
    days = [first + timedelta(days=number) for number in range((after - first).days)]
    began = time.monotonic()
    fill_month(services, sample, coins, days)
    filled = time.monotonic()
    pruning = plan_home(services, instance, datetime.combine(after, datetime.min.time(), UTC))
    prune_home(services, instance, pruning)
    pruned = time.monotonic()
    with services.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))  # what autovacuum does within minutes
        size = int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
        versions = int(connection.execute(text("SELECT count(*) FROM model_versions")).scalar_one())
    num_objects = len(services.store.list("models/"))
    print(
        f"{after - timedelta(days=1):%Y-%m}  {versions:8,}  {num_objects:7,}  {num_objects / 2 * model_bytes() / 1e9:8.2f}  "
        f"{size / 1e6:11,.0f}  {filled - began:8.1f}  {pruned - filled:8.1f}  {sum(pruning.counts.values()):,}",
        flush=True,
    )


def fill_month(services: Filled, sample: Sample, coins: Sequence[str], days: Sequence[date]) -> None:
    """The rows of the project's tables, the keys of the store, and Dagster's runs and events of these days."""
    bounds = {
        "first": datetime.combine(days[0], datetime.min.time(), UTC),
        "last": datetime.combine(days[-1], datetime.min.time(), UTC),
        "start": datetime.combine(_FIRST, datetime.min.time(), UTC),
        "coins": list(coins),
    }
    with services.database.engine.begin() as connection:
        statements = _ROWS
        for name, content in _TEXTS.items():
            statements = statements.replace(name, content)
        for statement in statements.split(";"):
            connection.execute(text(statement), bounds if ":first" in statement else {})
        query = text("SELECT weights_key, manifest_key FROM model_versions WHERE day >= :first AND day <= :last")
        for row in connection.execute(query, {"first": days[0], "last": days[-1]}):
            for key in row:
                services.store.put(key, b"")
    with services.database.engine.begin() as connection:
        copy_nights(connection, sample, coins, days)
        connection.execute(text("DROP TABLE sample"))


def model_bytes() -> int:
    """Weights and manifest of the default settings."""
    shapes = architecture_of(Settings(source="demo")).tensor_shapes().values()
    total = 0
    for shape in shapes:
        size = 4
        for length in shape:
            size *= length
        total += size
    return total + _MANIFEST_BYTES


def _first_of(month: int) -> date:
    return date(_FIRST.year + month // 12, month % 12 + 1, 1)


if __name__ == "__main__":
    main()
