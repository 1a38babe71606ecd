"""The channels are read alone, whatever is wrong with the other settings, from environment and file."""

from pathlib import Path

import pytest

from coin_models.errors import SettingsError
from coin_models.redaction import redacted
from coin_models.settings.channels import readable_channels
from coin_models.settings.load import load_settings
from coin_models_tests.settings.environments import environment

_URL = "json://me:hunter2hunter2@127.0.0.1:9/"


def test_channels_of_the_environment_are_read_where_another_setting_is_refused(tmp_path: Path) -> None:
    with environment(tmp_path, {"COIN_MODELS_NOTIFY_URLS": _URL, "COIN_MODELS_TRAINING_EPOCHS": "none"}):
        with pytest.raises(SettingsError):
            load_settings()
        channels = readable_channels()

    assert channels is not None
    assert [url.get_secret_value() for url in channels.notify.urls] == [_URL]
    assert channels.home == tmp_path / ".coin_models"
    assert "hunter2" not in redacted(f"a library quoted {_URL}")


def test_channels_of_the_file_are_read_where_it_has_an_unknown_setting(tmp_path: Path) -> None:
    with environment(tmp_path, toml=f'what = 1\n[notify]\nurls = ["{_URL}"]\n'):
        channels = readable_channels()

    assert channels is not None
    assert len(channels.notify.urls) == 1


def test_a_file_that_is_no_toml_leaves_the_channels_of_the_environment(tmp_path: Path) -> None:
    with environment(tmp_path, {"COIN_MODELS_NOTIFY_URLS": _URL}, toml="no toml ["):
        assert readable_channels() is not None


@pytest.mark.parametrize("variables", [{}, {"COIN_MODELS_NOTIFY_URLS": "no-url"}], ids=["none", "refused"])
def test_there_are_none_where_none_is_named_or_they_are_what_is_refused(
    tmp_path: Path, variables: dict[str, str]
) -> None:
    with environment(tmp_path, variables):
        assert readable_channels() is None
