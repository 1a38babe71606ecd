"""The settings that commands have in another folder: those of the home that `home move` makes.

Database and store are what that folder's coin_models.toml says, and not what the environment says: the environment names
the home that moves.
"""

import contextlib
from pathlib import Path
from typing import Any, Final

from coin_models.errors import UsageError
from coin_models.settings.load import load_settings
from coin_models.settings.places import FILE_NAME, find_home, find_settings_file, read_settings_file
from coin_models.settings.root import Settings

_PLACES: Final = ("database_url", "store_url", "store_endpoint_url", "store_region")
_KEYS: Final = ("store_access_key_id", "store_secret_access_key")
"""The environment's keys are used where the file gives none."""


def settings_in(folder: Path) -> Settings:
    """The settings of a folder, or of the coin_models.toml that is named.

    Raises:
        UsageError: there is no such folder.
        SettingsError: as `load_settings`.
    """
    if folder.name == FILE_NAME:
        folder = folder.parent
    if not folder.is_dir():
        raise UsageError(f"{folder} is not a folder; name the folder of the new home, with its {FILE_NAME}")
    with contextlib.chdir(folder):
        places: dict[str, Any] = {"home": find_home(), **dict.fromkeys(_PLACES)}
        with contextlib.suppress(OSError, ValueError):  # load_settings says what cannot be read
            content = read_settings_file(find_settings_file())
            places |= {name: content[name] for name in ("home", *_PLACES, *_KEYS) if name in content}
        return load_settings(places)
