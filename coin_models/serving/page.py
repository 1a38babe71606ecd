"""The page that describes the service, rendered from its OpenAPI document: no script, and nothing from another host."""

import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, StrictUndefined

CONTENT_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"
"""What a browser may load: the page's own style alone."""


def render_page(openapi: Mapping[str, Any]) -> str:
    """The page; whatever comes from the document is escaped."""
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string((files(__package__) / "page.html").read_text(encoding="utf-8"))
    schemas = openapi["components"]["schemas"]
    return template.render(info=openapi["info"], operations=_operations(openapi, schemas))


def _operations(openapi: Mapping[str, Any], schemas: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "method": method.upper(),
            "path": path,
            "description": operation.get("description", ""),
            "parameters": operation.get("parameters", []),
            "body": _example(operation),
            "needs_token": "security" in operation,
            "answers": [
                {"status": status, "description": answer["description"], "fields": _fields(answer, schemas)}
                for status, answer in operation["responses"].items()
            ],
        }
        for path, operations in openapi["paths"].items()
        for method, operation in operations.items()
    ]


def _fields(answer: Mapping[str, Any], schemas: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Name, type and description of each field of an answer."""
    schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
    properties = schemas.get(_name_of(schema), {}).get("properties", {})
    return [(name, _type_of(field), field.get("description", "")) for name, field in properties.items()]


def _type_of(field: Mapping[str, Any]) -> str:
    if "$ref" in field:
        return _name_of(field)
    if "enum" in field:
        return " | ".join(map(str, field["enum"]))
    if "anyOf" in field:
        return " or ".join(map(_type_of, field["anyOf"]))
    if field.get("type") == "array":
        return f"list of {_type_of(field.get('items', {}))}"
    return str(field.get("format") or field.get("type", ""))


def _name_of(schema: Mapping[str, Any]) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _example(operation: Mapping[str, Any]) -> str | None:
    """A body to copy, where the operation takes one."""
    if "requestBody" not in operation:
        return None
    return json.dumps({"candles": [[1723680000000, 100.0, 102.0, 99.0, 101.0, 10.0]]})
