"""Finds the modules that decide weights: all of `training/fit`, and what it imports of `features`, `models` and `registry`.

No list is maintained: a module of features that no fit imports does not count, and one that a fit begins to import
does. Import contracts restrict `training/fit` to these packages. Values that it takes from others (candles, settings,
dates) are in the fingerprint themselves.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

_ROOT = "training/fit"
_FOLLOWED = ("coin_models.features.", "coin_models.models.", "coin_models.registry.")


def deciding_files(package: Path) -> list[Path]:
    """The source files that decide weights, sorted; `package` is the folder of `coin_models` or of a copy of it."""
    files: set[Path] = set()
    waiting = list((package / _ROOT).rglob("*.py"))
    while waiting:
        path = waiting.pop()
        if path not in files:
            files.add(path)
            waiting += [package / module for module in _imported(path) if (package / module).is_file()]
    return sorted(files)


def _imported(path: Path) -> Iterator[str]:
    """Files, relative to the package, of the modules of `_FOLLOWED` that a file imports."""
    for node in _statements(ast.parse(path.read_text(encoding="utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            if name.startswith(_FOLLOWED):
                yield name.removeprefix("coin_models.").replace(".", "/") + ".py"


def _statements(block: ast.AST) -> Iterator[ast.AST]:
    """Every statement within; expressions, which hold no import, are most of a file and are not walked."""
    for part in ("body", "orelse", "finalbody", "handlers", "cases"):
        for node in getattr(block, part, ()):
            yield node
            yield from _statements(node)
