"""The tests mirror the package: each module of more than 40 lines has a test file of its own name in the same place."""

import pytest

from coin_models_tests.docs.reference import REPOSITORY

PACKAGE, TESTS = REPOSITORY / "coin_models", REPOSITORY / "coin_models_tests"
SMALL = 40  # lines; a module as short as this may be tested with its neighbour

EXEMPT = {
    "coin_models/db/migrations/versions/0001_first_tables.py": "the state that every other migration starts from",
    "coin_models/market/source.py": "protocols and values without behaviour: what each source is held to",
    "coin_models/training/results.py": "values without behaviour: fields that a fit fills in",
}
"""Modules that need no test file of their own, with the reason."""


def without_tests(room: str) -> list[str]:
    """The modules of a room that have no test file of their name."""
    place = PACKAGE / room
    modules = sorted(place.rglob("*.py")) if place.is_dir() else [place]
    return [
        str(module.relative_to(REPOSITORY))
        for module in modules
        if module.name != "__init__.py"
        and str(module.relative_to(REPOSITORY)) not in EXEMPT
        and len(module.read_text(encoding="utf-8").splitlines()) > SMALL
        and not (TESTS / module.relative_to(PACKAGE)).with_name(f"test_{module.name}").exists()
    ]


ROOMS = sorted(path.name for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists())


@pytest.mark.parametrize("room", ROOMS)
def test_each_module_has_its_test_file(room: str) -> None:
    assert without_tests(room) == []


def test_every_exception_is_a_module_that_has_no_test_file() -> None:
    modules = [REPOSITORY / name for name in EXEMPT]

    assert [str(module) for module in modules if not module.exists()] == []
    assert [
        str(module)
        for module in modules
        if (TESTS / module.relative_to(PACKAGE)).with_name(f"test_{module.name}").exists()
    ] == []
