"""The settings of another folder: its file says where database and store are, the environment the rest."""

from pathlib import Path

import pytest

from coin_models.errors import UsageError
from coin_models.settings.elsewhere import settings_in
from coin_models.settings.load import load_settings
from coin_models_tests.settings.environments import environment

HERE = {"COIN_MODELS_SOURCE": "demo", "COIN_MODELS_UNIVERSE": "BTC", "COIN_MODELS_STORE_URL": "here"}
FILE = """
database_url = "postgresql://me@host/name"
store_url = "s3://bucket"
store_access_key_id = "id"
store_secret_access_key = "key"
"""


def folder_with(folder: Path, text: str) -> Path:
    folder.mkdir()
    (folder / "coin_models.toml").write_text(text)
    return folder


def test_database_and_store_are_the_files_and_not_the_environments(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "new", FILE)
    here = {**HERE, "COIN_MODELS_HOME": str(tmp_path / "old"), "COIN_MODELS_DATABASE_URL": "postgresql://old/name"}
    with environment(tmp_path, here):
        settings, named = settings_in(folder), settings_in(folder / "coin_models.toml")

    assert settings == named
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == "postgresql+psycopg2://me@host/name"
    assert (settings.store_url, settings.home) == ("s3://bucket", folder / ".coin_models")
    assert settings.universe == ("BTC",)


def test_a_file_without_places_is_sqlite_and_a_folder(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "new", 'quote = "USDC"\n')
    with environment(tmp_path, {**HERE, "COIN_MODELS_DATABASE_URL": "postgresql://old/name"}):
        settings = settings_in(folder)
        here = load_settings()

    assert (settings.database_url, settings.store_url, settings.quote) == (None, None, "USDC")
    assert (here.store_url, here.quote) == (str(tmp_path / "here"), "USDT")


def test_keys_of_the_environment_are_used_where_the_file_gives_none(tmp_path: Path) -> None:
    folder = folder_with(tmp_path / "new", 'store_url = "s3://other"\n')
    keys = {"COIN_MODELS_STORE_ACCESS_KEY_ID": "id", "COIN_MODELS_STORE_SECRET_ACCESS_KEY": "key"}
    with environment(tmp_path, {**HERE, **keys}):
        settings = settings_in(folder)

    assert settings.store_access_key_id is not None
    assert settings.store_access_key_id.get_secret_value() == "id"


def test_what_is_no_folder_is_refused(tmp_path: Path) -> None:
    with environment(tmp_path, HERE), pytest.raises(UsageError, match="is not a folder"):
        settings_in(tmp_path / "none")
