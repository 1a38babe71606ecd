"""Where values come from, how they are written, and how they are shown."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from coin_models.settings.descriptions import descriptions
from coin_models.settings.load import EffectiveSetting, effective_settings, load_settings
from coin_models.settings.root import Settings
from coin_models_tests.settings.environments import environment


def _row(name: str) -> EffectiveSetting:
    return next(row for row in effective_settings(load_settings()) if row.name == name)


def test_the_defaults_are_valid(tmp_path: Path) -> None:
    with environment(tmp_path):
        loaded = load_settings()
        plain = Settings()

    assert loaded == plain
    assert loaded.source == "demo"


def test_a_variable_wins_over_the_file_and_the_file_over_the_default(tmp_path: Path) -> None:
    toml = 'quote = "USDC"\n[training]\nepochs = 9\nseed = 1\n'
    with environment(tmp_path, {"COIN_MODELS_TRAINING_EPOCHS": "5"}, toml):
        loaded = load_settings()
        origins = {name: _row(name).origin for name in ("training.epochs", "training.seed", "quote", "timeframe")}

    assert (loaded.training.epochs, loaded.training.seed, loaded.quote) == (5, 1, "USDC")
    assert origins == {
        "training.epochs": "COIN_MODELS_TRAINING_EPOCHS",
        "training.seed": "coin_models.toml",
        "quote": "coin_models.toml",
        "timeframe": "default",
    }


def test_an_empty_variable_counts_as_unset(tmp_path: Path) -> None:
    with environment(tmp_path, {"COIN_MODELS_DATABASE_URL": "", "COIN_MODELS_UNIVERSE": ""}):
        loaded = load_settings()
        origin = _row("database_url").origin

    assert loaded.database_url is None
    assert loaded.universe == ()
    assert origin == "default"


@pytest.mark.parametrize("text", ["btc, ETH", '["BTC", "eth"]'])
def test_a_list_is_separated_by_commas_or_json_and_coins_are_capitals(tmp_path: Path, text: str) -> None:
    with environment(tmp_path, {"COIN_MODELS_UNIVERSE": text}):
        loaded = load_settings()

    assert loaded.universe == ("BTC", "ETH")


def test_a_list_of_numbers_is_read_from_a_variable(tmp_path: Path) -> None:
    with environment(tmp_path, {"COIN_MODELS_TRAINING_QUANTILES": "0.05,0.5,0.95"}):
        loaded = load_settings()

    assert loaded.training.quantiles == (0.05, 0.5, 0.95)


def test_every_secret_is_masked_wherever_settings_are_shown(tmp_path: Path) -> None:
    variables = {
        "COIN_MODELS_SOURCE": "demo",
        "COIN_MODELS_DATABASE_URL": "postgresql://me:hunter2@host/name",
        "COIN_MODELS_STORE_URL": "s3://bucket",
        "COIN_MODELS_STORE_ACCESS_KEY_ID": "hunter2id",
        "COIN_MODELS_STORE_SECRET_ACCESS_KEY": "hunter2key",
        "COIN_MODELS_NOTIFY_URLS": "tgram://hunter2/1,json://hunter2",
    }
    with environment(tmp_path, variables):
        loaded = load_settings()
        shown = [row.value for row in effective_settings(loaded)]

    assert "hunter2" not in " ".join([*shown, repr(loaded), str(loaded), str(loaded.model_dump())])
    assert shown.count("**********") == 3
    assert "**********,**********" in shown


def test_every_secret_setting_is_a_secret_string() -> None:
    named = {name for name, text in descriptions(Settings).items() if "Secret." in text}
    typed = {name for name, field in Settings.model_fields.items() if "SecretStr" in str(field.annotation)}

    assert named == typed
    assert isinstance(Settings(source="demo", database_url=SecretStr("postgresql://a/b")).database_url, SecretStr)
