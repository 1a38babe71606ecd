"""The base of every group of settings: frozen, no unknown keys, lists read from text, all problems reported at once.

Pydantic checks a model's own rules only when every field is valid, so a person would fix one mistake and then see the
next. Here the fields are checked first, then each rule whose settings are all valid.
"""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, ClassVar, get_origin

from pydantic import BaseModel, ConfigDict, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from coin_models.settings.places import cleaned

Rule = Callable[[Any], Iterator[str]]
"""Looks at a group and says, one sentence each, which of its settings contradict each other."""

UNKNOWN_SETTING = "unknown setting"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

Path = tuple[str, ...]
"""Where a setting stands, such as ("training", "epochs")."""


class SettingsGroup(BaseModel):
    """A frozen group of settings that refuses unknown keys, and names all that is wrong with it."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        validate_default=True,
        allow_inf_nan=False,
        hide_input_in_errors=True,  # an input may be a credential
    )
    rules: ClassVar[tuple[Rule, ...]] = ()

    @model_validator(mode="wrap")
    @classmethod
    def _check_all(cls, data: Any, handler: ModelWrapValidatorHandler[Any]) -> Any:
        return check_all(cls, cls.rules, data, handler)


def check_all(
    model: type[BaseModel], rules: Collection[Rule], data: Any, handler: ModelWrapValidatorHandler[Any]
) -> Any:
    """Validates fields and rules; the body of a model's wrap validator.

    Raises:
        ValidationError: everything that is wrong, without the values given.
    """
    if not isinstance(data, Mapping):
        return handler(data)
    given = {name: _read_text(model, name, value) for name, value in data.items()}
    odd = [name for name, value in given.items() if isinstance(value, str) and _CONTROL.search(value)]
    text_problems = [_problem((name,), "it holds a line end or another control character") for name in odd]
    problems: list[InitErrorDetails] = []
    hidden: set[Path] = {(name,) for name in odd}
    checked = None
    while checked is None:
        try:
            checked = handler(_without(given, hidden))
        except ValidationError as error:
            invalid = {_path(given, e["loc"]) for e in error.errors(include_url=False, include_input=False)} - hidden
            problems = problems or [_problem(e["loc"], _message_of(e["type"], e["msg"])) for e in _errors(error)]
            if not invalid:
                break  # what is left cannot stand alone: a required setting is the invalid one
            hidden |= invalid
    if checked is not None:
        problems += [_problem((), text) for text in _broken(rules, _Valid(checked, hidden))]
    if text_problems or problems:
        raise ValidationError.from_exception_data(model.__name__, text_problems + problems, hide_input=True)
    return checked


def _errors(error: ValidationError) -> list[Any]:
    return error.errors(include_url=False, include_input=False)


def _read_text(model: type[BaseModel], name: str, value: Any) -> Any:
    """A list given as text: JSON, or separated by commas."""
    field = model.model_fields.get(name)
    if field is None or not isinstance(value, str) or get_origin(field.annotation) is not tuple:
        return value
    if value.lstrip().startswith("["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return [part for part in map(cleaned, value.split(",")) if part]


def _path(given: Mapping[str, Any], location: tuple[int | str, ...]) -> Path:
    """The setting at fault: of this group, or of a group within it."""
    name = str(location[0]) if location else ""
    inner = location[1:2] if isinstance(given.get(name), Mapping) else ()
    return (name, *map(str, inner))


def _without(given: Mapping[str, Any], hidden: Collection[Path]) -> dict[str, Any]:
    return {
        name: _without(value, {path[1:] for path in hidden if path[0] == name and path[1:]})
        if isinstance(value, Mapping)
        else value
        for name, value in given.items()
        if (name,) not in hidden
    }


def _message_of(kind: str, message: str) -> str:
    return UNKNOWN_SETTING if kind == "extra_forbidden" else message.removeprefix("Value error, ")


def _problem(location: tuple[int | str, ...], text: str) -> InitErrorDetails:
    return InitErrorDetails(type=PydanticCustomError("setting", "{text}", {"text": text}), loc=location, input=None)


def _broken(rules: Collection[Rule], settings: "_Valid") -> Iterator[str]:
    for rule in rules:
        try:
            yield from rule(settings)
        except _NotValidError:
            continue  # it rests on a setting that is reported already


class _NotValidError(Exception):
    """A rule looked at a setting that is not valid."""


class _Valid:
    """A group of which only the valid settings can be looked at."""

    def __init__(self, model: BaseModel, hidden: Collection[Path]) -> None:
        self._model = model
        self._hidden = hidden

    def __getattr__(self, name: str) -> Any:
        if (name,) in self._hidden:
            raise _NotValidError(name)
        value = getattr(self._model, name)
        inner = {path[1:] for path in self._hidden if path[0] == name}
        return _Valid(value, inner) if isinstance(value, BaseModel) else value
