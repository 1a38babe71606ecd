"""The two back ends that tests run against: SQLite and a folder, and a real PostgreSQL and a real S3 server."""

import fcntl
import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from coin_models.db.engine import Database
from coin_models.db.opening import open_database
from coin_models.db.tables import whole_metadata
from coin_models.dev_stack.stack import LocalStack, StackAccess
from coin_models.settings.root import Settings
from coin_models.storage.factory import build_store
from coin_models.storage.object_store import ObjectStore

EMBEDDED, STACK = "embedded", "stack"


@dataclass(frozen=True, kw_only=True)
class Backend:
    """Settings that point at an empty database, with its tables, and an empty store."""

    name: str
    settings: Settings

    def open_database(self) -> Database:
        return open_database(self.settings)

    def build_store(self) -> ObjectStore:
        return build_store(self.settings)


def embedded_backend(home: Path) -> Backend:
    return Backend(name=EMBEDDED, settings=Settings(home=home))


def stack_settings(access: StackAccess, *, home: Path, database_url: str, prefix: str = "") -> Settings:
    return Settings(
        home=home,
        source="demo",
        database_url=SecretStr(database_url),
        store_url=f"{access.store_url}/{prefix}" if prefix else access.store_url,
        store_endpoint_url=access.s3_endpoint_url,
        store_access_key_id=SecretStr(access.s3_access_key_id),
        store_secret_access_key=SecretStr(access.s3_secret_access_key),
    )


def stack_store(access: StackAccess) -> ObjectStore:
    """An empty store on the stack's S3 server."""
    return build_store(stack_settings(access, home=Path(), database_url=access.database_url, prefix=_fresh_prefix()))


def emptied_backend(access: StackAccess, database_url: str, home: Path) -> Backend:
    """The database, its tables emptied (a tenth of the time that a new one takes), and an empty store."""
    with engine(database_url).connect() as connection:
        connection.execute(text(f"TRUNCATE {', '.join(whole_metadata().tables)} RESTART IDENTITY"))
    settings = stack_settings(access, home=home, database_url=database_url, prefix=_fresh_prefix())
    return Backend(name=STACK, settings=settings)


@contextmanager
def fresh_database(access: StackAccess) -> Iterator[str]:
    """URL of a new database on the stack, without tables, gone afterwards. For Dagster's storage too."""
    name = f"test_{uuid.uuid4().hex}"
    with engine(access.database_url).connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        try:
            yield make_url(access.database_url).set(database=name).render_as_string(hide_password=False)
        finally:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@contextmanager
def migrated_database(access: StackAccess, home: Path) -> Iterator[str]:
    """URL of a new database with the tables, gone afterwards."""
    with fresh_database(access) as url:
        open_database(stack_settings(access, home=home, database_url=url)).close()
        yield url


def stack_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the session's stack: the same for all of pytest-xdist's workers."""
    base = tmp_path_factory.getbasetemp()
    return (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "stack"


@contextmanager
def shared_stack(folder: Path) -> Iterator[StackAccess]:
    """One stack for all test processes of a session: the first starts it, the last stops it."""
    stack = LocalStack(folder, durable=False)
    try:
        _count(folder.parent, +1)
        yield stack.up()
    finally:
        _count(folder.parent, -1, when_zero=stack.down)


def _count(folder: Path, change: int, when_zero: Callable[[], object] = lambda: None) -> None:
    with (folder / "stack.users").open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        users = int(file.read() or 0) + change
        file.truncate(0)
        file.write(str(users))
        file.flush()
        if users == 0:
            when_zero()


def _fresh_prefix() -> str:
    return f"test/{uuid.uuid4().hex}"


def engine(database_url: str) -> Engine:
    url = make_url(database_url).set(drivername="postgresql+psycopg2")
    return create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
