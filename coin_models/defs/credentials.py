"""Credentials for Dagster's own configuration: files and definitions hold names of environment variables, never values.

Also copies the values of `coin_models.toml` into the environment of this process.
"""

import os

from pydantic import SecretStr

from coin_models.settings.root import Settings

DATABASE_VARIABLE = "COIN_MODELS_DATABASE_URL"
ACCESS_KEY_VARIABLE = "COIN_MODELS_STORE_ACCESS_KEY_ID"
BROKER_VARIABLE = "COIN_MODELS_FLEET_BROKER_URL"
SECRET_KEY_VARIABLE = "COIN_MODELS_STORE_SECRET_ACCESS_KEY"  # noqa: S105 -- a name


def export_credentials(settings: Settings) -> None:
    """Puts database URL and keys of the store where Dagster looks for them, also when they came from coin_models.toml."""
    for name, secret in _secrets(settings).items():
        if secret is not None:
            os.environ[name] = secret.get_secret_value()


def has_store_keys(settings: Settings) -> bool:
    """Whether the settings give keys; without, boto3 looks for some by its own chain."""
    return settings.store_access_key_id is not None


def _secrets(settings: Settings) -> dict[str, SecretStr | None]:
    return {
        DATABASE_VARIABLE: settings.database_url,
        ACCESS_KEY_VARIABLE: settings.store_access_key_id,
        SECRET_KEY_VARIABLE: settings.store_secret_access_key,
        BROKER_VARIABLE: settings.fleet.broker_url,
    }
