"""Finds coin_models.toml and the default home, searching upwards as git does for .git.

Reads the file and makes its relative paths absolute.
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, InitSettingsSource, PydanticBaseSettingsSource

FILE_NAME = "coin_models.toml"
HOME_NAME = ".coin_models"

_PATHS = (("home",), ("store_url",), ("market", "files_path"), ("interruption", "notice_file"))
"""Settings that name a folder or a file: in the file, a relative one is relative to the file's own folder."""
_QUOTES = {"'": "'", '"': '"', "\u2018": "\u2019", "\u201c": "\u201d"}
_INVISIBLE = "\ufeff\u200b\u200e\u2060"  # a byte order mark, and what web pages put between words
_VARIABLE = re.compile(r"(\$\w+|\$\{\w+\}|%\w+%)(?=[/\\]|$)")
_SHELL = re.compile(r"\$[({]|`|(?<=/)\$[A-Z_]+(?=/|$)")  # a command, or a variable behind the beginning
_URL = re.compile(r"[a-z][a-z0-9+.-]+:/")  # Path makes one slash of two
_WINDOWS = re.compile(r"[A-Za-z]:[/\\]")


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
        ValueError: it begins with `~NAME` and there is no such user, or it is a URL, a path of Windows, or one with a
            variable, a command or half a pair of quotes: each would become a folder of that literal name.
    """
    text = str(path)
    if _URL.match(text):
        raise ValueError(
            f"{text.replace(':/', '://', 1)!r} is a URL; it must be a folder (store_url also takes s3://bucket/prefix)"
        )
    if _WINDOWS.match(text):
        raise ValueError(f"{text!r} is a Windows path; use a path of this machine, such as /mnt/c/coins")
    if _VARIABLE.match(text):
        raise ValueError(f"{text!r} begins with a variable, which is not replaced; write the path, or ~ for your home")
    if _SHELL.search(text):
        raise ValueError(f"{text!r} holds a variable or a command, which is not replaced; write the path")
    if text.strip("/")[:1] in _QUOTES or text[-1:] in _QUOTES.values():
        raise ValueError(
            f"{text!r} begins or ends with a quotation mark without its other one; write the path without it"
        )
    try:
        return path.expanduser().absolute()
    except RuntimeError:
        raise ValueError(f"{text!r}: the home folder of {path.parts[0]} is not known; write the whole path") from None


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
    text = _trimmed(text)
    for first, last in _QUOTES.items():
        inner = text[1:-1]
        # "BTC","ETH" is no single pair
        if len(text) > 1 and text[0] == first and text[-1] == last and first not in inner and last not in inner:
            return _trimmed(inner)
    return text


def _trimmed(text: str) -> str:
    return text.strip().strip(_INVISIBLE).strip()


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
    if isinstance(value, str) and value and not _is_absolute(value):
        group[names[-1]] = str(folder / value)


def _is_absolute(value: str) -> bool:
    """Also where `expanded` makes it so, or refuses it."""
    return value.startswith("~") or ":/" in value or bool(_VARIABLE.match(value) or _WINDOWS.match(value))
