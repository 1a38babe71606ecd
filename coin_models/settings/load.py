"""Loads the settings once: reads environment and file, lists every problem, and records where each value came from.

Also holds the table behind `coin-models settings`.
"""

import os
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_settings.exceptions import SettingsError as PydanticSettingsError

from coin_models.errors import SettingsError
from coin_models.logs import use_format
from coin_models.redaction import keep_secret, redacted
from coin_models.settings.base import UNKNOWN_SETTING
from coin_models.settings.descriptions import descriptions
from coin_models.settings.origins import meant, place_of, value_shown
from coin_models.settings.places import FILE_NAME, cleaned, find_settings_file, read_settings_file
from coin_models.settings.renamed import PREFIX, RENAMED, SHORT_NAMES, TESTS_PREFIX, old_names
from coin_models.settings.renamed import variable_of as _variable
from coin_models.settings.root import Settings
from coin_models.settings.secret_values import secret_values
from coin_models.settings.urls import MaskedUrl

_SIGNS = re.compile(r"^[^A-Za-z0-9_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectiveSetting:
    """One row of `coin-models settings`."""

    name: str  # dotted, such as training.epochs
    value: str  # masked where it is a secret
    origin: str  # the variable's name, the file's name, or "default"
    description: str

    @property
    def variable(self) -> str:
        """Name of the environment variable that sets it."""
        return _variable(self.name)


def load_settings(given: Mapping[str, Any] | None = None) -> Settings:
    """Reads `COIN_MODELS_*` and the nearest `coin_models.toml`, in the working folder or above it.

    Args:
        given: settings that win over both, groups within groups; another Dagster project's defs.yaml gives some.

    Raises:
        SettingsError: one sentence that lists every unknown key, malformed value and impossible combination.
    """
    rows = {row.name: row for row in _rows(Settings)}
    unknown = _unknown_variables(os.environ, rows)
    problems = list(unknown.values())
    settings = None
    try:
        settings = Settings(**given or {})
    except ValidationError as error:
        invalid = [
            (".".join(map(str, e["loc"])), e["msg"]) for e in error.errors(include_url=False, include_input=False)
        ]
        problems += [_problem(name, text, rows) for name, text in invalid if _variable(name) not in unknown]
    except OSError as error:
        problems.append(f"{error.filename or 'the working folder'} cannot be read: {error.strerror}")
    except (PydanticSettingsError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        where = "environment" if isinstance(error, PydanticSettingsError) else find_settings_file() or FILE_NAME
        encoding = "; save it as UTF-8" if isinstance(error, UnicodeDecodeError) else ""
        problems.append(f"{where} cannot be read: {error}{encoding}")
    if settings is None or problems:
        raise SettingsError(
            f"{len(problems)} problem(s) in the settings: {'; '.join(problems)}. "
            "Every setting with its default: docs/settings.md"
        )
    keep_secret(secret_values(settings))
    use_format(settings.log_format)
    return settings


def effective_settings(settings: Settings) -> list[EffectiveSetting]:
    """Every setting with its value and origin, secrets masked."""
    in_file = _flatten(read_settings_file(find_settings_file()))
    return [
        EffectiveSetting(
            name=row.name,
            value=_shown(_value(settings, row.name)),
            origin=_origin(row.name, in_file),
            description=descriptions(row.model).get(row.name.rpartition(".")[2], ""),
        )
        for row in _rows(Settings)
    ]


def secret_names() -> list[str]:
    """Dotted names of the settings that are secrets, or hold some."""
    return [row.name for row in _rows(Settings) if SecretStr in get_args(_annotation(row))]


def is_named(name: str) -> bool:
    """Whether the environment or the file gives a value to the setting of that dotted name.

    Raises:
        SettingsError: the file cannot be read.
    """
    file = find_settings_file()
    try:
        in_file = _flatten(read_settings_file(file))
    except (OSError, ValueError) as error:
        raise SettingsError(f"{file} cannot be read: {error}") from None
    return _origin(name, in_file) != "default"


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    model: type[BaseModel]  # the group that it belongs to


def _annotation(row: _Row) -> Any:
    return row.model.model_fields[row.name.rpartition(".")[2]].annotation


def _rows(model: type[BaseModel], prefix: str = "") -> Iterator[_Row]:
    for name, field in model.model_fields.items():
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from _rows(annotation, f"{prefix}{name}.")
        else:
            yield _Row(f"{prefix}{name}", model)


def _unknown_variables(environ: Mapping[str, str], names: Collection[str]) -> dict[str, str]:
    """Variable to complaint, of those that begin like ours and are none of ours."""
    current = {_variable(name) for name in names}
    old = {_variable(name) for name in (*RENAMED, *SHORT_NAMES)}
    ours = {name.upper() for name in environ if name.upper().startswith(PREFIX)}
    unknown = sorted(name for name in ours - current - old if not name.startswith(TESTS_PREFIX))
    hidden = sorted(name for name in environ if _SIGNS.match(name) and _SIGNS.sub("", name.upper()).startswith(PREFIX))
    return {name: f"{name}: {UNKNOWN_SETTING}{meant(name, current)}" for name in unknown} | {
        name: f"{name!r}: an invisible or other sign stands before the name (a byte order mark?); save the file without it"
        for name in hidden
    }


def _problem(name: str, text: str, rows: Mapping[str, _Row]) -> str:
    """What is wrong, behind the place that gives the setting."""
    if not name:
        return text
    if name not in rows and text == UNKNOWN_SETTING:
        groups = {row.rpartition(".")[0] for row in rows} - {""}
        return f"{place_of(name, find_settings_file())}: {text}{meant(name, {*rows, *groups})}"
    value = value_shown(name, _annotation(rows[name])) if name in rows else ""
    return f"{place_of(name, find_settings_file())}: {text}{value}"


def _flatten(content: Mapping[str, object], prefix: str = "") -> set[str]:
    names: set[str] = set()
    for name, value in content.items():
        names |= _flatten(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {f"{prefix}{name}"}
    return names


def _origin(name: str, in_file: set[str]) -> str:
    names = [name, *old_names(name)]
    given = {key.upper() for key, value in os.environ.items() if cleaned(value)}
    variable = next((_variable(each) for each in names if _variable(each) in given), None)
    return variable or (FILE_NAME if in_file.intersection(names) else "default")


def _value(settings: BaseModel, name: str) -> object:
    value: object = settings
    for part in name.split("."):
        value = getattr(value, part)
    return value


def _shown(value: object) -> str:
    if isinstance(value, MaskedUrl):
        return redacted(str(value))  # a long part of its path counts as a secret too
    if isinstance(value, SecretStr):
        return "**********" if value.get_secret_value() else ""
    if isinstance(value, tuple):
        return ",".join(_shown(item) for item in value) if value else ""
    return "" if value is None else str(value)
