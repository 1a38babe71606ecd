"""`coin-models prune`: the dry run and the removal print the same line."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import insert

from coin_models.db.opening import open_database
from coin_models.db.schema import outbox
from coin_models.settings.root import Settings
from coin_models_tests.cli.running import coin_models, make_home
from coin_models_tests.pipeline.prune.old_home import TODAY


def old_message(folder: Path) -> None:
    at = TODAY - timedelta(days=500)
    values = {"event_key": "e", "channel": "c", "kind": "k", "payload": {}, "created_at": at, "not_before": at}
    database = open_database(Settings(home=folder / ".coin_models"))
    with database.begin() as connection:
        connection.execute(insert(outbox).values(**values, delivered_at=at))
    database.close()


def test_the_dry_run_removes_nothing_and_says_what_the_removal_says(tmp_path: Path) -> None:
    make_home(tmp_path)
    old_message(tmp_path)

    dry, again = (coin_models(tmp_path, "prune", "--dry-run") for _ in range(2))
    done, rest = coin_models(tmp_path, "prune"), coin_models(tmp_path, "prune", "--json")

    assert dry.stdout == again.stdout
    assert dry.stdout.startswith("would remove, older than ")
    assert dry.stdout.strip().endswith(": 1 messages")
    assert done.stdout == dry.stdout.replace("would remove", "removed")
    assert (rest.code, rest.json()["removed"], rest.json()["dry_run"]) == (0, {}, False)


def test_where_there_is_no_home_none_is_made(tmp_path: Path) -> None:
    ran = coin_models(tmp_path, "prune")

    assert ran.code == 2
    assert not (tmp_path / ".coin_models").exists()


def test_a_retention_shorter_than_what_a_run_looks_back_on_is_refused(tmp_path: Path) -> None:
    short = coin_models(tmp_path, "settings", retention_days="119")
    window = coin_models(tmp_path, "settings", retention_days="130", operations_resume_window_days="60")

    assert (short.code, window.code) == (2, 2)
    assert "retention.days (130) must be at least 150" in window.stderr
