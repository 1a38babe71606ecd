"""Links within the documentation resolve, and the documentation names no machine of ours."""

import re
from pathlib import Path

import pytest

from coin_models_tests.docs.pages import anchors, links, pages
from coin_models_tests.docs.reference import REPOSITORY

_MENTIONED = re.compile(r"`((?:docs|deploy|coin_models|coin_models_tests|\.ci)/[\w./-]*)`")


def _name(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


@pytest.mark.parametrize("path", pages(), ids=_name)
def test_every_internal_link_resolves(path: Path) -> None:
    broken = []
    for target in links(path):
        name, _, anchor = target.partition("#")
        file = (path.parent / name).resolve() if name else path
        if not file.exists() or (anchor and anchor not in anchors(file)):
            broken.append(target)

    assert broken == []


@pytest.mark.parametrize("path", pages(), ids=_name)
def test_every_file_that_is_named_exists(path: Path) -> None:
    named = _MENTIONED.findall(path.read_text(encoding="utf-8"))

    assert [name for name in named if not (REPOSITORY / name).exists()] == []


def test_every_page_of_docs_is_reached_from_the_readme() -> None:
    seen, waiting = set(), [REPOSITORY / "README.md"]
    while waiting:
        path = waiting.pop()
        if path in seen or path.suffix != ".md":
            continue
        seen.add(path)
        waiting += [(path.parent / target.partition("#")[0]).resolve() for target in links(path)]

    assert set(pages()) - seen == set()
