"""The JSON schema of coin_models.toml, for editors: types, limits and descriptions as the settings have them."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from coin_models.settings.descriptions import descriptions
from coin_models.settings.root import Settings


def settings_schema() -> dict[str, Any]:
    """Draft 2020-12, with a description for each setting."""
    schema = Settings.model_json_schema()
    models: set[type[BaseModel]] = {Settings, *_groups(Settings)}
    for model in models:
        place = schema if model is Settings else schema["$defs"][model.__name__]
        for name, text in descriptions(model).items():
            if name in place["properties"]:
                place["properties"][name]["description"] = text
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema, "title": "coin_models.toml"}


def _groups(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for field in model.model_fields.values():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield field.annotation
            yield from _groups(field.annotation)
