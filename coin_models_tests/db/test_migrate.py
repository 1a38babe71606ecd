"""The tables come from migrations only, once, whichever process starts first."""

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from coin_models.db import migrate
from coin_models.db.engine import Database
from coin_models.db.opening import open_database
from coin_models.db.tables import whole_metadata
from coin_models.errors import DatabaseError
from coin_models.settings.root import Settings

OPEN = """
import sys
from pathlib import Path
from pydantic import SecretStr
from coin_models.db.opening import open_database
from coin_models.settings.root import Settings
url = sys.stdin.readline().strip()
sys.stdout.write("ready\\n"); sys.stdout.flush()
sys.stdin.readline()
database = open_database(Settings(home=Path(sys.argv[1]), source="demo", database_url=SecretStr(url) if url else None))
with database.begin() as connection:
    connection.exec_driver_sql("INSERT INTO leases (name, session_id, token, acquired_at, expires_at) "
        f"VALUES ('{sys.argv[2]}', 's', 1, '2024-08-15 00:00:00', '2024-08-15 00:00:00')")
print("alembic" in sys.modules)
"""


def test_the_migrations_head_is_the_declared_schema(database: Database) -> None:
    with database.read() as connection:
        differences = compare_metadata(
            MigrationContext.configure(connection, opts={"version_table": migrate.VERSION_TABLE}), whole_metadata()
        )

    assert differences == []


def test_the_head_that_the_code_names_is_the_newest_script() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrate.__file__).parent / "migrations"))

    assert ScriptDirectory.from_config(config).get_current_head() == migrate.HEAD


def test_processes_that_start_together_migrate_once(bare: Settings, tmp_path: Path) -> None:
    url = bare.database_url.get_secret_value() if bare.database_url else ""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN, str(bare.home), f"lease-{number}"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        for number in range(3)
    ]  # fmt: skip
    for process in started:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{url}\n")
        process.stdin.flush()
        process.stdout.readline()
    results = [process.communicate("go\n") for process in started]

    assert [errors for _, errors in results] == [""] * 3
    assert sum("True" in output for output, _ in results) == 1  # one of them ran Alembic
    database = open_database(bare)
    with database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM leases")).scalar() == 3
    database.close()


def test_a_migration_that_fails_half_way_leaves_no_tables(bare: Settings) -> None:
    database = open_database(bare, migrate=False)
    with database.begin() as connection:
        connection.execute(text("CREATE TABLE outbox (in_the_way INTEGER)"))

    with pytest.raises(DatabaseError, match="already exists"):
        migrate.migrate(database)
    with database.read() as connection:
        assert inspect(connection).get_table_names() == ["outbox"]
    database.close()


def test_a_schema_of_newer_code_is_refused(bare: Settings) -> None:
    database = open_database(bare)
    with database.begin() as connection:
        connection.execute(text("UPDATE coin_models_revision SET version_num = '9999'"))
    database.close()

    with pytest.raises(DatabaseError, match=r"schema revision 9999, this code knows up to .*upgrade this one too"):
        open_database(bare)


def test_a_database_without_tables_stays_so_unless_it_is_migrated(bare: Settings) -> None:
    database = open_database(bare, migrate=False)

    with database.read() as connection:
        assert inspect(connection).get_table_names() == []
    database.close()


_OLDER = """
import sys
from pathlib import Path
from coin_models.cli.main import run
from coin_models.db import migrate
migrate.HEAD = "0001"  # what this machine's code knows; its scripts end there too
import alembic.script
walk = alembic.script.ScriptDirectory.walk_revisions
alembic.script.ScriptDirectory.walk_revisions = lambda self, *a: [s for s in walk(self, *a) if s.revision <= "0001"]
sys.exit(run(["status"]))
"""


def test_of_two_machines_of_two_versions_on_one_database_the_older_one_refuses_and_changes_nothing(
    bare: Settings,
) -> None:
    newer = open_database(bare)
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": ":".join(sys.path), "COIN_MODELS_HOME": str(bare.home)}
    if bare.database_url is not None:
        environment |= {"COIN_MODELS_DATABASE_URL": bare.database_url.get_secret_value(), "COIN_MODELS_SOURCE": "demo"}

    older = subprocess.run(
        [sys.executable, "-c", _OLDER], env=environment, capture_output=True, text=True, check=False, cwd="/"
    )

    assert older.returncode == 1
    assert f"is at schema revision {migrate.HEAD}, this code knows up to 0001" in older.stderr
    assert "a newer coin_models upgraded it; upgrade this one too" in older.stderr
    assert "Traceback" not in older.stderr
    with newer.read() as connection:
        assert migrate.current_revision(connection) == migrate.HEAD
    newer.close()
