"""Names in code say what a value is: none is called by a verb of finding, knowing or saying.

Excepted are the modules whose tokens are digested (they decide weights, trades or patterns): another name there would make
all of them again. So are migrations, which are never edited.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from coin_models.pipeline.derived.inputs import PATTERN_CODE, TRADING_CODE
from coin_models.registry.deciding_code import deciding_files
from coin_models_tests.docs.reference import REPOSITORY

_BANNED = {
    "found": "the noun of the item: program, scorecard, by_coin",
    "known": "existing, stored, finite, histories",
    "said": "message, output, sentence",
    "told": "sent, reported, visible",
    "heard": "received, interrupted_by",
    "came_of": "outcome",
}
_ANY = re.compile(rf"\b_*(?:{'|'.join(_BANNED)})\b")
_PACKAGE = REPOSITORY / "coin_models"
_DIGESTED = {
    *deciding_files(_PACKAGE),
    *(path for pattern in (*TRADING_CODE, *PATTERN_CODE) for path in _PACKAGE.glob(pattern)),
    *(_PACKAGE / "db" / "migrations").rglob("*.py"),
}


def _banned_names(source: str) -> Iterator[str]:
    """The variables, arguments, fields, functions and classes of these names, each with what to write instead."""
    if _ANY.search(source):  # few files: the others are not parsed
        for node in ast.walk(ast.parse(source)):
            name = (_bound(node) or "").strip("_")
            if name in _BANNED:
                yield f"line {getattr(node, 'lineno', '?')}, {name!r}: write what the value is ({_BANNED[name]})"


def _bound(node: ast.AST) -> str | None:
    """The name that a node binds."""
    match node:
        case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
            return name
        case ast.arg(arg=name) | ast.alias(asname=name):
            return name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return name
        case ast.ExceptHandler(name=name) | ast.MatchAs(name=name) | ast.MatchStar(name=name):
            return name
    return None


def _problems_of(path: Path) -> list[str]:
    return [f"{path.relative_to(REPOSITORY)}, {name}" for name in _banned_names(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("folder", ["coin_models", "coin_models_tests", "benchmarks"])
def test_a_name_says_what_the_value_is(folder: str) -> None:
    paths = sorted(set((REPOSITORY / folder).rglob("*.py")) - _DIGESTED)

    assert [problem for path in paths for problem in _problems_of(path)] == []


@pytest.mark.parametrize(
    "source",
    [
        "found = which('weed')",
        "def explain(said): ...",
        "lambda told: told",
        "[known for known in days]",
        "self._found = {}",
        "if (heard := received()): ...",
        "with open_store() as found: ...",
        "class Batch:\n    said: str",
        "def known(): ...",
        "from a import b as found",
        "match item:\n    case [found]: ...",
        "try: ...\nexcept OSError as came_of: ...",
    ],
)
def test_a_banned_name_is_refused_wherever_it_is_bound(source: str) -> None:
    assert len(list(_banned_names(source))) == 1


def test_words_and_names_of_which_it_is_a_part_are_allowed() -> None:
    source = "# nothing was found\nnum_known, not_found = count(known=1), 'said'\nmatch item:\n    case _: ..."

    assert list(_banned_names(source)) == []
