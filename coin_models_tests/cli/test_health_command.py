"""`coin-models health`: one line or JSON, and an exit code, from the database alone."""

from datetime import timedelta
from pathlib import Path

import pytest

from coin_models.cli.health_command import parse_age
from coin_models.errors import UsageError
from coin_models_tests.cli.running import coin_models, make_home


def test_a_home_without_models_is_not_healthy(tmp_path: Path) -> None:
    make_home(tmp_path)

    ran = coin_models(tmp_path, "health", "--max-age", "26h", "--json")

    assert ran.code == 1
    assert ran.json()["is_healthy"] is False
    assert ran.json()["max_age_hours"] == 26


def test_where_nothing_was_trained_health_says_so_and_makes_no_home(tmp_path: Path) -> None:
    ran = coin_models(tmp_path, "health")

    assert ran.code == 2
    assert "nothing was trained there yet" in ran.stderr
    assert not (tmp_path / ".coin_models").exists()


def test_a_database_that_does_not_answer_is_told_at_once(tmp_path: Path) -> None:
    ran = coin_models(
        tmp_path,
        "health",
        database_url="postgresql://user:hunter22@127.0.0.1:9/none",
        source="demo",
        store_url="s3://bucket",
        store_access_key_id="a",
        store_secret_access_key="b",
    )

    assert ran.code == 1
    assert "error: database unavailable" in ran.stderr
    assert "hunter22" not in ran.text


@pytest.mark.parametrize(
    ("text", "age"), [("90m", timedelta(minutes=90)), ("26h", timedelta(hours=26)), ("1.5d", timedelta(hours=36))]
)
def test_an_age_is_a_number_with_its_unit(text: str, age: timedelta) -> None:
    assert parse_age(text) == age


@pytest.mark.parametrize("text", ["26", "h", "-1h", "0h", "26 hours", ""])
def test_another_age_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no age"):
        parse_age(text)
