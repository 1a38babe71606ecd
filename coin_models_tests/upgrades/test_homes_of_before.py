"""A home that an earlier version wrote opens, verifies, forecasts and trains on; nothing of it is lost."""

import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from coin_models.dev_stack.stack import StackAccess
from coin_models_tests import backends
from coin_models_tests.cli.retraining_homes import LAST, FilesHome, weights

HOMES = Path(__file__).parent
OLD_DAYS = [LAST - timedelta(days=back) for back in (3, 2, 1)]
COINS = ("BTC", "ETH")


@contextmanager
def sqlite_home(folder: Path) -> Iterator[tuple[FilesHome, Mapping[str, str]]]:
    yield unpacked("home.tar.xz", folder), {}


@contextmanager
def postgresql_home(folder: Path, access: StackAccess) -> Iterator[tuple[FilesHome, Mapping[str, str]]]:
    home = unpacked("home_on_postgresql.tar.xz", folder)
    dump = (folder / ".coin_models/database.sql").read_text(encoding="utf-8")
    statements = "\n".join(line for line in dump.splitlines() if not line.startswith("\\"))  # commands of psql alone
    with backends.fresh_database(access) as url:
        with backends.engine(url).connect() as connection:
            connection.exec_driver_sql(statements.replace("%", "%%"))
        yield home, {"database_url": url}


def unpacked(archive: str, folder: Path) -> FilesHome:
    home = FilesHome(folder, COINS)
    with tarfile.open(HOMES / archive) as packed:
        packed.extractall(folder, filter="data")
    return home


def check(home: FilesHome, variables: Mapping[str, str]) -> None:
    versions = home.run("models", "list", "--json", **variables)
    assert versions.code == 0, versions.text
    before = {(one["coin"], one["day"]): one["weights_sha256"] for one in versions.json()}
    assert {(coin, day.isoformat()) for coin in COINS for day in OLD_DAYS} <= before.keys()

    verified = home.run("models", "verify", **variables)
    assert verified.code == 0, verified.text
    status = home.run("status", "--json", "--last", "3", **variables)
    assert status.code == 0, status.text
    forecast = home.run("predict", "BTC", "--allow-stale", "--json", **variables)
    assert forecast.code == 0, forecast.text

    trained = home.retrain("--day", str(LAST), **variables)
    assert trained.code == 0, trained.text
    assert weights([trained.json()]).keys() == {(str(LAST), coin) for coin in COINS}
    after = {one["weights_sha256"] for one in home.run("models", "list", "--json", **variables).json()}
    assert set(before.values()) < after
    verified = home.run("models", "verify", **variables)
    assert verified.code == 0, verified.text
    backtest = home.run("backtest", "--from", str(OLD_DAYS[1]), "--to", str(LAST), "--json", **variables)
    assert backtest.code == 0, backtest.text
    assert backtest.json()["trials"] == 1  # an upgrade is not another setting


def test_a_home_on_sqlite(tmp_path: Path) -> None:
    with sqlite_home(tmp_path / "home") as (home, variables):
        check(home, variables)


@pytest.mark.proof
def test_a_home_on_postgresql(tmp_path: Path, stack_access: StackAccess) -> None:
    with postgresql_home(tmp_path / "home", stack_access) as (home, variables):
        check(home, variables)
