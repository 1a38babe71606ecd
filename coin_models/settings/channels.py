"""Reads the notification channels alone: where the other settings are refused, a message can still say so."""

import tomllib
from contextlib import suppress
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict
from pydantic_settings.exceptions import SettingsError as PydanticSettingsError

from coin_models.redaction import keep_secret
from coin_models.settings.costs import NotifySettings
from coin_models.settings.places import HOME_NAME, Cleaned, file_source, home_source
from coin_models.settings.renamed import PREFIX, OldNames
from coin_models.settings.secret_values import secret_values


class Channels(BaseSettings):
    """The channels, from where `Settings` reads them; it looks at nothing else."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_nested_delimiter="_",
        env_nested_max_split=1,
        env_ignore_empty=True,
        enable_decoding=False,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,  # an input may be a credential
    )

    home: Path = Path(HOME_NAME)
    """Tells apart what two homes of one machine have sent."""
    notify: NotifySettings = Field(default_factory=NotifySettings)
    """Notifications."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, the environment, then the nearest `coin_models.toml` where it can be read."""
        sources: list[Any] = [init_settings, Cleaned(OldNames(env_settings, settings_cls), settings_cls)]
        with suppress(OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):  # it may be what is refused
            sources.append(OldNames(file_source(settings_cls), settings_cls))
            sources.append(home_source(settings_cls))
        return tuple(sources)


def readable_channels() -> Channels | None:
    """The channels of environment and file; None where there are none, or they are themselves what is refused."""
    try:
        channels = Channels()
    except (ValidationError, PydanticSettingsError):
        return None
    keep_secret(secret_values(channels))
    return channels if channels.notify.has_channel else None
