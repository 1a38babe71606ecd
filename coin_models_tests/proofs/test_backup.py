"""Backups that are made while a retraining runs, one after the other, restore to homes that lack nothing."""

from pathlib import Path

import pytest

from coin_models_tests.proofs.processes import Home, small_home

pytestmark = pytest.mark.proof


def test_every_backup_under_load_restores_to_what_was_published_then(tmp_path: Path) -> None:
    home = small_home(tmp_path / "origin")
    home.run("retrain", "--day", "2024-08-10")
    running = home.start("retrain", "--from", "2024-08-11", "--to", "2024-08-15")
    made = []
    while running.poll() is None:
        made.append(home.run("home", "backup", str(tmp_path / "backups"))["backup"])
    made.append(home.run("home", "backup", str(tmp_path / "backups"))["backup"])

    counts = [_restored(home, tmp_path, stamp) for stamp in dict.fromkeys(made)]

    assert running.returncode == 0
    assert counts == sorted(counts)
    assert counts[-1] == 12
    whole = Home(folder=tmp_path / made[-1], variables=home.variables)
    again = whole.run("retrain", "--from", "2024-08-10", "--to", "2024-08-15")
    assert {coin["action"] for day in again for coin in day["coins"].values()} == {"reused"}


def _restored(origin: Home, folder: Path, stamp: str) -> int:
    """Restores it into a home of its own; the number of its versions, each of which can be read."""
    home = Home(folder=folder / stamp, variables=origin.variables)
    home.folder.mkdir()
    restored = home.run("home", "restore", str(folder / "backups"), "--backup", stamp)
    assert (restored["damaged"], restored["incomplete"]) == ([], [])
    with home.services() as services:
        assert list(services.registry.verify()) == []
        return len(services.registry.versions())
