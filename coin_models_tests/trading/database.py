"""A real database in a folder, with the model versions that shadow rows refer to."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from sqlalchemy import insert

from coin_models.db.engine import Database
from coin_models.db.opening import open_database
from coin_models.db.schema import model_versions
from coin_models.settings.root import Settings
from coin_models_tests.trading.builders import NOW


def open_in(folder: Path, versions: Sequence[tuple[str, str, date]] = ()) -> Database:
    """A new SQLite database that knows these versions: (id, coin, day)."""
    database = open_database(Settings(home=folder))
    with database.begin() as connection:
        for version_id, coin, day in versions:
            connection.execute(
                insert(model_versions).values(
                    id=version_id, coin=coin, day=day, fingerprint=version_id, architecture_digest="a", weights_key="w",
                    weights_sha256="0", manifest_key="m", manifest_sha256="0", parent_id=None, skill=0.0123, metrics={},
                    code_version="c", created_at=NOW, session_id=None, resumed=False, fit_seconds=1.0, num_steps=1,
                )
            )  # fmt: skip
    return database
