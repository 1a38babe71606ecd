"""The JSON schema of coin_models.toml accepts what the settings accept, and describes every setting."""

from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema
import pytest

from coin_models.settings.load import effective_settings
from coin_models.settings.root import Settings
from coin_models.settings.schema import settings_schema


def described(schema: Mapping[str, Any], place: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    for name, field in place["properties"].items():
        group = field.get("$ref", "").rpartition("/")[2]
        if group:
            yield from described(schema, schema["$defs"][group], f"{prefix}{name}.")
        elif field.get("description"):
            yield f"{prefix}{name}"


def test_every_setting_is_described() -> None:
    schema = settings_schema()

    jsonschema.Draft202012Validator.check_schema(schema)
    assert set(described(schema, schema)) == {row.name for row in effective_settings(Settings())}


def test_a_file_is_checked_by_it() -> None:
    jsonschema.validate(
        {"source": "files", "market": {"files_path": "candles"}, "universe": ["BTC"]}, settings_schema()
    )


@pytest.mark.parametrize("content", [{"sauce": "files"}, {"source": "file"}, {"training": {"epochs": "many"}}])
def test_a_wrong_file_is_refused_by_it(content: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(content, settings_schema())
