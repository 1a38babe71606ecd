"""The store of the settings, and another one beside it."""

from pathlib import Path

import pytest

from coin_models.errors import UsageError
from coin_models.settings.root import Settings
from coin_models.storage.factory import build_store, store_at


def test_a_folder_is_a_store_and_is_made_by_the_first_put(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", store_url=str(tmp_path / "store"))

    assert build_store(settings).url == str(tmp_path / "store")
    assert build_store(Settings(home=tmp_path / "home")).url == str(tmp_path / "home/store")
    assert list(tmp_path.iterdir()) == []


def test_another_store_is_a_folder_or_a_bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings(home=tmp_path / "home")

    assert store_at(settings, "backups").url == str(tmp_path / "backups")
    assert store_at(settings, "s3://bucket/prefix").url == "s3://bucket/prefix"


@pytest.mark.parametrize("url", ["ftp://host/x", "s3:bucket", "s3://", "$HOME/backups", "C:\\backups"])
def test_what_is_neither_is_refused(tmp_path: Path, url: str) -> None:
    with pytest.raises(UsageError):
        store_at(Settings(home=tmp_path), url)
