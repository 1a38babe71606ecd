"""Where a working folder's settings are: coin_models.toml and the default home, looked for upwards as git looks for .git.

Belongs here: finding both, reading the file, and turning its relative paths into absolute ones. Not here: fields, rules.
"""

import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource

FILE_NAME = "coin_models.toml"
HOME_NAME = ".coin_models"

_PATHS = (("home",), ("store_url",), ("market", "files_path"))
"""Settings that name a folder: in the file, a relative one is relative to the file's own folder."""
_QUOTES = "'\""


def find_settings_file(folder: Path | None = None) -> Path | None:
    """The nearest coin_models.toml in `folder` (the working folder) or above it; None where there is none."""
    return next((path for path in _upwards(FILE_NAME, folder) if _is_there(path.is_file)), None)


def find_home(folder: Path | None = None) -> Path:
    """The home where none is named: beside coin_models.toml, else the nearest .coin_models upwards, else one in `folder`."""
    folder = folder or Path.cwd()
    file = find_settings_file(folder)
    if file is not None:
        return file.parent / HOME_NAME
    return next((path for path in _upwards(HOME_NAME, folder) if _is_there(path.is_dir)), folder / HOME_NAME)


def read_settings_file(path: Path | None) -> dict[str, Any]:
    """The file's content, its relative folders made absolute; empty without a file.

    Raises:
        OSError, UnicodeDecodeError, tomllib.TOMLDecodeError: it cannot be read.
    """
    if path is None:
        return {}
    content: dict[str, Any] = cleaned(
        tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    )  # Notepad begins a file with a mark
    for names in _PATHS:
        _make_absolute(content, names, path.parent)
    return content


def cleaned(value: Any) -> Any:
    """`value`, its texts without white space at their ends (docker's --env-file keeps a CR) and without one pair of quotes."""
    if isinstance(value, str):
        return _cleaned_text(value)
    if isinstance(value, Mapping):
        return {name: cleaned(item) for name, item in value.items()}
    return [cleaned(item) for item in value] if isinstance(value, list) else value


def expanded(path: Path) -> Path:
    """The path with `~` resolved, absolute.

    Raises:
        ValueError: it begins with `~NAME`, and there is no such user.
    """
    try:
        return path.expanduser().absolute()
    except RuntimeError:
        raise ValueError(
            f"{str(path)!r}: the home folder of {path.parts[0]} is not known; write the whole path"
        ) from None


class Cleaned(PydanticBaseSettingsSource):
    """Another source (the environment), its texts cleaned; what is empty then counts as unset."""

    def __init__(self, source: PydanticBaseSettingsSource, settings_cls: type[BaseSettings]) -> None:
        super().__init__(settings_cls)
        self._source = source

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """As the source behind it."""
        return self._source.get_field_value(field, field_name)

    def __call__(self) -> dict[str, Any]:
        """What the source says, cleaned."""
        return _without_empty(cleaned(self._source()))


def file_source(settings_cls: type[BaseSettings]) -> InitSettingsSource:
    """The nearest coin_models.toml."""
    return InitSettingsSource(settings_cls, init_kwargs=read_settings_file(find_settings_file()))


def home_source(settings_cls: type[BaseSettings]) -> InitSettingsSource:
    """The home where nothing names one."""
    return InitSettingsSource(settings_cls, init_kwargs={"home": find_home()})


def _upwards(name: str, folder: Path | None) -> Iterator[Path]:
    folder = (folder or Path.cwd()).absolute()
    return (each / name for each in (folder, *folder.parents))


def _is_there(look: Callable[[], bool]) -> bool:
    """False also where a folder above may not be looked into."""
    try:
        return look()
    except OSError:
        return False


def _cleaned_text(text: str) -> str:
    text = text.strip()
    for quote in _QUOTES:
        inner = text[1:-1]
        if len(text) > 1 and text[0] == text[-1] == quote and quote not in inner:  # "BTC","ETH" is no single pair
            return inner.strip()
    return text


def _without_empty(content: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _without_empty(value) if isinstance(value, dict) else value
        for name, value in content.items()
        if value not in ("", {})
    }


def _make_absolute(content: dict[str, Any], names: tuple[str, ...], folder: Path) -> None:
    group: Any = content
    for name in names[:-1]:
        group = group.get(name) if isinstance(group, dict) else None
    value = group.get(names[-1]) if isinstance(group, dict) else None
    if isinstance(value, str) and value and "://" not in value and not value.startswith("~"):
        group[names[-1]] = str(folder / value)
