"""Each promise of docs/guarantees.md names a test that exists."""

import re

import pytest

from coin_models_tests.docs.reference import REPOSITORY

PAGE = (REPOSITORY / "docs/guarantees.md").read_text(encoding="utf-8")
PROMISES = [
    (int(cells[1]), re.findall(r"`([a-z_/]+\.py)(?:::(\w+))?`", cells[4]))
    for line in PAGE.partition("## Survived")[0].splitlines()
    if (cells := line.split("|"))[1:] and cells[1].strip().isdigit()
]


@pytest.mark.parametrize(("number", "tests"), PROMISES)
def test_a_promise_names_tests_that_exist(number: int, tests: list[tuple[str, str]]) -> None:
    assert tests, number
    for file, function in tests:
        source = (REPOSITORY / "coin_models_tests" / file).read_text(encoding="utf-8")
        assert f"def {function or 'test_'}" in source


def test_promises_are_numbered_in_order() -> None:
    assert [number for number, _ in PROMISES] == list(range(1, len(PROMISES) + 1))
