"""The text of a new coin_models.toml: each value below what it is, as docs/settings.md says it."""

import textwrap
from collections.abc import Mapping
from typing import Any

import tomlkit
from pydantic import BaseModel
from tomlkit.container import Container
from tomlkit.items import Table

from coin_models.settings.descriptions import descriptions
from coin_models.settings.root import Settings

_WIDTH = 98
_HEAD = (
    "Settings of coin_models for this folder and those below it. Relative folders are relative to this file. A "
    "variable COIN_MODELS_* wins over a value here. `coin-models settings` shows every setting, its value and where it "
    "comes from; docs/settings.md describes them all."
)


def settings_text(values: Mapping[str, Any]) -> str:
    """TOML of these settings, groups as tables.

    Args:
        values: setting or group to value, such as {"source": "demo", "costs": {"market": "spot"}}; None is left out.
    """
    document = tomlkit.document()
    _add_comment(document, _HEAD)
    for name, value in values.items():
        if not isinstance(value, Mapping):
            _add(document, Settings, name, value)
    for name, group in values.items():
        if isinstance(group, Mapping):
            table, model = tomlkit.table(), type(Settings.model_fields[name].get_default(call_default_factory=True))
            for inner, value in group.items():
                _add(table, model, inner, value)
            document.add(tomlkit.nl())
            document.add(name, table)
    return tomlkit.dumps(document)


def _add(place: Container | Table, model: type[BaseModel], name: str, value: Any) -> None:
    if value is None:
        return
    if isinstance(place, Container):
        place.add(tomlkit.nl())
    _add_comment(place, descriptions(model)[name])
    place.add(name, list(value) if isinstance(value, tuple) else value)


def _add_comment(place: Container | Table, text: str) -> None:
    for line in textwrap.wrap(text, _WIDTH, break_on_hyphens=False):
        place.add(tomlkit.comment(line))
