"""No URL setting shows what a user put into it, whatever the setting is: the list is that of the settings themselves."""

import os
from unittest import mock

import pytest

from coin_models.errors import SettingsError
from coin_models.redaction import redacted
from coin_models.settings.load import effective_settings, load_settings, secret_names
from coin_models.settings.renamed import variable_of
from coin_models.settings.root import Settings

_SECRET = "hunter2hunter2"
_VALUES = [
    f"{scheme}://{address}"
    for scheme in ("http", "https", "s3", "redis", "postgresql", "json")
    for address in (f"me:{_SECRET}@host.example/x", f"host.example/x?password={_SECRET}")
]
_NEEDED = {
    "store_endpoint_url": {"COIN_MODELS_STORE_URL": "s3://bucket"},
    "fleet.broker_url": {"COIN_MODELS_DATABASE_URL": "postgresql://host/name"},
}
"""Settings without which the one of the test is refused for another reason."""


def _url_settings() -> list[str]:
    named = [row.name for row in effective_settings(Settings(source="demo"))]
    return [name for name in named if "url" in name.rpartition(".")[2]]


def _load(name: str, value: str) -> tuple[Settings | None, str]:
    """The settings, if they are accepted, and all that is shown of them."""
    variables = {variable_of(name): value, **_NEEDED.get(name, {})}
    plain = {key: old for key, old in os.environ.items() if not key.startswith("COIN_MODELS_")}
    with mock.patch.dict(os.environ, {**plain, "COIN_MODELS_SOURCE": "demo", **variables}, clear=True):
        try:
            settings = load_settings()
        except SettingsError as error:
            return None, str(error)
        shown = [f"{row.name}={row.value}" for row in effective_settings(settings)]
    return settings, f"{settings} {settings!r} {settings.model_dump_json()} {shown}"


def test_the_settings_have_the_urls_that_are_known_to_hold_credentials() -> None:
    assert {"database_url", "fleet.broker_url", "market.exchange_base_url", "notify.urls"} < set(_url_settings())
    assert {"database_url", "fleet.broker_url", "notify.urls", "notify.heartbeat_url"} < set(secret_names())


@pytest.mark.parametrize("name", _url_settings())
def test_a_credential_in_a_url_setting_is_masked_everywhere_or_refused_without_being_quoted(name: str) -> None:
    for value in _VALUES:
        settings, shown = _load(name, value)

        assert _SECRET not in shown, value
        if settings is not None:
            assert _SECRET not in redacted(f"a library quoted {value}"), value
