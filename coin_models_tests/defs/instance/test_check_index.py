"""The index on Dagster's asset checks: made once, used by the query that the graph sends."""

from pathlib import Path

import pytest
from dagster import DagsterInstance
from sqlalchemy import create_engine, text

from coin_models.db.engine import Database
from coin_models.db.opening import open_database
from coin_models.defs.instance.check_index import NAME, ensure_check_index
from coin_models.defs.instance.home import open_instance
from coin_models.dev_stack.stack import StackAccess
from coin_models.settings.root import Settings
from coin_models_tests import backends

NEWEST = """SELECT max(id) FROM asset_check_executions WHERE asset_key IN ('["model", "C007"]') AND check_name IN ('sound')
GROUP BY asset_key, check_name"""


@pytest.fixture
def settings(stack_access: StackAccess, stack_database_url: str, tmp_path: Path) -> Settings:
    return backends.stack_settings(stack_access, home=tmp_path / "home", database_url=stack_database_url)


def test_the_newest_check_of_an_asset_is_found_in_the_index_alone(settings: Settings) -> None:
    database = open_database(settings)
    with open_instance(settings) as instance:
        ensure_check_index(database)
        ensure_check_index(database)  # by every daemon that starts
        fill(instance)
        plan = explain(database)
    database.close()

    assert f"Index Only Scan using {NAME}" in plan


def test_an_embedded_home_is_left_alone(tmp_path: Path) -> None:
    database = open_database(Settings(home=tmp_path))
    ensure_check_index(database)
    with database.read() as connection:
        names = set(connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'index'")).scalars())
    database.close()

    assert NAME not in names


def test_without_dagsters_tables_it_is_only_logged(caplog: pytest.LogCaptureFixture, stack_access: StackAccess) -> None:
    with backends.fresh_database(stack_access) as url:
        database = Database(create_engine(url.replace("postgresql://", "postgresql+psycopg2://")))
        ensure_check_index(database)
        database.close()

    assert "no index on Dagster's asset checks" in caplog.text


def fill(instance: DagsterInstance) -> None:
    """Ten coins, 200 executions of a check each."""
    rows = """INSERT INTO asset_check_executions (asset_key, check_name, run_id, execution_status)
    SELECT '["model", "C' || lpad((n % 10)::text, 3, '0') || '"]', 'sound', 'r' || n, 'SUCCEEDED'
    FROM generate_series(1, 2000) n"""
    with instance.event_log_storage.index_connection() as connection:  # type: ignore[attr-defined]
        connection.execute(text(rows))


def explain(database: Database) -> str:
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE asset_check_executions"))
        return "\n".join(connection.execute(text(f"EXPLAIN {NEWEST}")).scalars())
