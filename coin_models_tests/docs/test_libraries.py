"""The page of the architecture says of each dependency what it is in place of."""

import re
import tomllib

from coin_models_tests.docs.pages import REPOSITORY

_NAME = re.compile(r"[A-Za-z0-9_-]+")


def dependencies() -> set[str]:
    """Names of the product's dependencies, its extras but not those of development included."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [names for extra, names in project["optional-dependencies"].items() if extra != "dev"]
    matches = [_NAME.match(name) for names in [project["dependencies"], *extras] for name in names]
    return {match[0] for match in matches if match}


def listed() -> set[str]:
    """The names in the first column of the table."""
    page = (REPOSITORY / "docs/architecture.md").read_text(encoding="utf-8")
    table = page.partition("## Libraries")[2].partition("## Interruptions")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| ") and "library" not in line]
    return {name for row in rows for name in _NAME.findall(re.sub(r"\(.*?\)", "", row))}


def test_every_dependency_is_listed_and_no_other() -> None:
    assert listed() == dependencies()
