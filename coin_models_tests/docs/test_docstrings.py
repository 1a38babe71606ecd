"""What docstrings say: the modules that they name exist."""

import ast
import re
from pathlib import Path

import pytest

from coin_models_tests.docs.reference import REPOSITORY

_MODULE_NAME = re.compile(r"\b((?:[a-z_0-9]+/)*[a-z_0-9]+\.py)\b")
_SOURCES = sorted(
    path
    for folder in ("coin_models", "coin_models_tests", "benchmarks")
    for path in (REPOSITORY / folder).rglob("*.py")
    if path != Path(__file__)
)
_ALL_MODULES = [path.relative_to(REPOSITORY).as_posix() for path in _SOURCES]


def _name(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


def _exists(module: str) -> bool:
    return any(f"/{path}".endswith(f"/{module}") for path in _ALL_MODULES)


@pytest.mark.parametrize("path", _SOURCES, ids=_name)
def test_a_module_that_a_docstring_names_exists(path: Path) -> None:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""

    assert [module for module in _MODULE_NAME.findall(docstring) if not _exists(module)] == []
