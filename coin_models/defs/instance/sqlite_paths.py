"""Dagster's SQLite storages in a home whose path has characters that are special in a URL.

Dagster 1.13 puts a file's path into a URL unquoted: `?` then begins a query and `%20` becomes a space, so Dagster opens
a different file, or none. Here the path is quoted. Dagster creates the tables from its own URL, so they are created in
a scratch folder and moved.
"""

import shutil
import tempfile
from pathlib import Path
from typing import Any, Self

from sqlalchemy import URL, make_url

from coin_models.defs.instance.private import SqliteRunStorage, SqliteScheduleStorage
from coin_models.private_files import make_private_file, make_private_folder


def sqlite_url(path: Path) -> str:
    """The URL of a database file, whatever characters its path has."""
    return URL.create("sqlite", database=str(path.absolute())).render_as_string(hide_password=False)


def is_plain(folder: str) -> bool:
    """Whether a folder's path put into a URL as it is means that folder."""
    return make_url(f"sqlite:///{folder}/x.db").database == f"{folder}/x.db"


class QuotedRunStorage(SqliteRunStorage):
    """Dagster's runs."""

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> Self:
        """Builds it from dagster.yaml; the parent's own names itself."""
        return cls.from_local(inst_data=inst_data, **config_value)

    @classmethod
    def from_local(cls, base_dir: str, inst_data: Any = None) -> Self:
        """As the parent's, in whatever folder."""
        if is_plain(base_dir):
            return super().from_local(base_dir, inst_data)
        path = Path(base_dir) / "runs.db"
        _make_file(SqliteRunStorage, path)
        return cls(sqlite_url(path), inst_data)


class QuotedScheduleStorage(SqliteScheduleStorage):
    """Dagster's schedules and sensors."""

    @classmethod
    def from_config_value(cls, inst_data: Any, config_value: Any) -> Self:
        """Builds it from dagster.yaml; the parent's own names itself."""
        return cls.from_local(inst_data=inst_data, **config_value)

    @classmethod
    def from_local(cls, base_dir: str, inst_data: Any = None) -> Self:
        """As the parent's, in whatever folder."""
        path = Path(base_dir) / "schedules.db"
        if is_plain(base_dir):
            super().from_local(base_dir, inst_data).dispose()  # the tables, at the newest schema
        else:
            _make_file(SqliteScheduleStorage, path)
        return cls(sqlite_url(path), inst_data)


def _make_file(storage: Any, path: Path) -> None:
    """The database file with its tables, where it is not there yet. Who opens the instance holds a lock (home.py)."""
    if path.exists():
        return
    make_private_folder(path.parent)
    with tempfile.TemporaryDirectory(prefix="coin-models-") as scratch:
        storage.from_local(scratch).dispose()
        made = Path(scratch) / path.name
        part = path.with_suffix(".part")
        make_private_file(part)
        shutil.copyfile(made, part)
        part.replace(path)
