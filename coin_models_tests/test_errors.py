"""The tree of errors: its drawing, exit codes and places."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from coin_models import errors
from coin_models.errors import CoinModelsError, Interrupted

PLACES = r"source|store|database|broker|network|machine"
LINE = re.compile(
    rf"^(?P<stem>[│ ├└─]*)(?P<name>[A-Z]\w+)(?:\s.*?)?(?:\s{{2,}}(?P<place>{PLACES}))?(?:\s{{2,}}exit (?P<code>\d+))?$"
)
CLASSES: set[type[CoinModelsError]] = {
    found
    for found in vars(errors).values()
    if isinstance(found, type) and issubclass(found, CoinModelsError) and found is not CoinModelsError
}


@dataclass(frozen=True)
class Drawn:
    """A line of the drawing in the module's docstring."""

    name: str
    parent: str
    place: str | None
    exit_code: int | None


def drawn() -> Iterator[Drawn]:
    above = ["CoinModelsError"]
    for line in (errors.__doc__ or "").split("```")[1].splitlines():
        if line and not line.startswith(("CoinModelsError", "Interrupted")):
            found = LINE.match(line)
            assert found is not None, line
            depth = len(found["stem"]) // 4
            above[depth:] = [found["name"]]
            code = None if found["code"] is None else int(found["code"])
            yield Drawn(found["name"], above[depth - 1], found["place"], code)


def test_the_drawing_has_every_error_below_its_base() -> None:
    tree = {(one.name, one.parent) for one in drawn()}

    assert tree == {(found.__name__, found.__bases__[0].__name__) for found in CLASSES}


@pytest.mark.parametrize("line", list(drawn()), ids=lambda line: line.name)
def test_the_drawing_says_place_and_exit_code(line: Drawn) -> None:
    found = getattr(errors, line.name)

    assert found.place == line.place
    assert line.exit_code == (found.exit_code if line.exit_code is not None else vars(found).get("exit_code"))


@pytest.mark.parametrize("found", sorted(CLASSES, key=lambda found: found.__name__), ids=lambda found: found.__name__)
def test_what_may_work_later_says_where_and_ends_with_a_code_that_is_repeated(found: type[CoinModelsError]) -> None:
    assert not found.transient or found.place is not None
    assert not found.transient or found.exit_code == 1


def test_no_broad_handler_turns_an_interruption_into_a_failure() -> None:
    assert not issubclass(Interrupted, Exception)
    assert Interrupted.exit_code == 143  # 128 and SIGTERM's 15
