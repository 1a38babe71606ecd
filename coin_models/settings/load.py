"""Loads the settings once: reads environment and file, lists every problem at once, knows where each value came from.

Belongs here: the only reads of the environment, and the table behind `coin-models settings`. Not here: fields and
their rules, which stand beside their group.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_settings.exceptions import SettingsError as PydanticSettingsError

from coin_models.errors import SettingsError
from coin_models.settings.root import Settings

PREFIX = "COIN_MODELS_"
FILE = Path("coin_models.toml")


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
        return PREFIX + self.name.replace(".", "_").upper()


def load_settings() -> Settings:
    """Reads `COIN_MODELS_*` and `coin_models.toml`.

    Raises:
        SettingsError: one sentence that lists every unknown key, malformed value and impossible combination.
    """
    problems = [
        f"{name}: there is no such setting" for name in _unknown_variables(os.environ, known={s.name for s in _rows(Settings)})
    ]
    settings = None
    try:
        settings = Settings()
    except ValidationError as error:
        problems += [_sentence(e["loc"], e["msg"]) for e in error.errors(include_url=False, include_input=False)]
    except (PydanticSettingsError, tomllib.TOMLDecodeError) as error:
        problems.append(f"{FILE if isinstance(error, tomllib.TOMLDecodeError) else 'environment'}: {error}")
    if settings is None or problems:
        raise SettingsError(
            f"{len(problems)} problem(s) in the settings: " + "; ".join(problems) + ". `coin-models settings` lists them all."
        )
    return settings


def effective_settings(settings: Settings) -> list[EffectiveSetting]:
    """Every setting with its value and origin, secrets masked."""
    in_file = _flatten(_file_content())
    return [
        EffectiveSetting(name=row.name, value=_shown(_value(settings, row.name)), origin=_origin(row.name, in_file), description=row.description)
        for row in _rows(Settings)
    ]


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    description: str


def _rows(model: type[BaseModel], prefix: str = "") -> Iterator[_Row]:
    for name, field in model.model_fields.items():
        annotation = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from _rows(annotation, f"{prefix}{name}.")
        else:
            yield _Row(f"{prefix}{name}", " ".join((field.description or "").split()))


def _unknown_variables(environ: Mapping[str, str], known: set[str]) -> list[str]:
    variables = {PREFIX + name.replace(".", "_").upper() for name in known}
    groups = {PREFIX + name.partition(".")[0].upper() for name in known}
    return sorted(name for name in environ if name.upper().startswith(PREFIX) and name.upper() not in variables | groups)


def _sentence(location: tuple[int | str, ...], message: str) -> str:
    where = ".".join(map(str, location))
    said = message.removeprefix("Value error, ")
    said = "there is no such setting" if "Extra inputs" in said else said
    return f"{where}: {said}" if where else said


def _file_content() -> dict[str, object]:
    return tomllib.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}


def _flatten(content: Mapping[str, object], prefix: str = "") -> set[str]:
    names: set[str] = set()
    for name, value in content.items():
        names |= _flatten(value, f"{prefix}{name}.") if isinstance(value, Mapping) else {f"{prefix}{name}"}
    return names


def _origin(name: str, in_file: set[str]) -> str:
    variable = PREFIX + name.replace(".", "_").upper()
    if any(key.upper() == variable for key in os.environ):
        return variable
    return str(FILE) if name in in_file else "default"


def _value(settings: BaseModel, name: str) -> object:
    value: object = settings
    for part in name.split("."):
        value = getattr(value, part)
    return value


def _shown(value: object) -> str:
    if isinstance(value, SecretStr):
        return "**********" if value.get_secret_value() else ""
    if isinstance(value, tuple):
        return ",".join(_shown(item) for item in value) if value else ""
    return "" if value is None else str(value)
