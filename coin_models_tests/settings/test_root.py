"""Combinations of settings that are impossible, and texts that become their values."""

from pathlib import Path

import pytest

from coin_models.settings.load import load_settings
from coin_models_tests.settings.environments import environment, refusal

_SECRET = "hunter2hunter2"


@pytest.mark.parametrize("name", ["COIN_MODELS_STORE_URL", "COIN_MODELS_STORE_ENDPOINT_URL"])
def test_an_address_with_credentials_in_it_is_refused_without_quoting_it(tmp_path: Path, name: str) -> None:
    variables = {"COIN_MODELS_STORE_URL": "s3://bucket", name: f"s3://me:{_SECRET}@host"}
    message = refusal(tmp_path, variables)

    assert "holds credentials" in message
    assert _SECRET not in message


@pytest.mark.parametrize(
    "variables",
    [
        {"COIN_MODELS_DATABASE_URL": "postgresql://me:secret@host/name"},
        {"COIN_MODELS_STORE_URL": "s3://bucket"},
    ],
)
def test_a_production_setting_without_a_source_is_refused(tmp_path: Path, variables: dict[str, str]) -> None:
    message = refusal(tmp_path, variables)
    with environment(tmp_path, variables, 'source = "demo"\n'):
        named = load_settings()

    assert "source (COIN_MODELS_SOURCE) must be named" in message
    assert "secret" not in message
    assert named.source == "demo"


def test_an_invalid_source_is_not_called_missing_as_well(tmp_path: Path) -> None:
    message = refusal(tmp_path, {"COIN_MODELS_STORE_URL": "s3://bucket", "COIN_MODELS_SOURCE": "kraken"})

    assert "1 problem(s)" in message


def test_a_home_whose_dagster_would_not_find_its_files_is_refused(tmp_path: Path) -> None:
    assert "/[x]' contains '['" in refusal(tmp_path, {"COIN_MODELS_HOME": "/[x]"})


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg2"])
def test_a_database_url_names_the_driver_that_is_installed(tmp_path: Path, scheme: str) -> None:
    with environment(
        tmp_path, {"COIN_MODELS_SOURCE": "demo", "COIN_MODELS_DATABASE_URL": f"{scheme}://me:secret@host/name"}
    ):
        url = load_settings().database_url

    assert url is not None
    assert url.get_secret_value() == "postgresql+psycopg2://me:secret@host/name"
