"""No module imports, on any path, a module that imports it: not within functions, for type checkers or by name either."""

import ast
from graphlib import CycleError, TopologicalSorter

import grimp
import pytest

from coin_models_tests.docs.reference import REPOSITORY


def circle(imports: dict[str, set[str]]) -> list[str]:
    """The modules of one circle, in order; empty where there is none."""
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def imports_of(package: str) -> dict[str, set[str]]:
    """Module to the modules that it imports by a statement, wherever it stands, or whose name is one of its strings.

    The package itself is left out: its name stands in strings of many purposes.
    """
    graph = grimp.build_graph(package, cache_dir=None)
    return {
        module: graph.find_modules_directly_imported_by(module)
        | (named_in_strings(module) & graph.modules) - {module, package}
        for module in graph.modules
    }


def named_in_strings(module: str) -> set[str]:
    """What the strings of a module hold before a colon: `coin_models.a.b` or, as an entry point, `coin_models.a.b:name`."""
    place = REPOSITORY / module.replace(".", "/")
    path = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    return {
        node.value.partition(":")[0] for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


@pytest.mark.parametrize("package", ["coin_models", "coin_models_tests"])
def test_there_is_no_circle_of_modules(package: str) -> None:
    assert circle(imports_of(package)) == []


def test_an_import_by_name_counts() -> None:
    assert "coin_models.training.run_fit" in imports_of("coin_models")["coin_models.training.process"]


def test_a_circle_is_shown_in_order() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) in (["b", "c", "b"], ["c", "b", "c"])
