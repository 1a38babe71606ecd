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
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, CoinModelsError) and kind is not CoinModelsError
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
            match = LINE.match(line)
            assert match is not None, line
            depth = len(match["stem"]) // 4
            above[depth:] = [match["name"]]
            code = None if match["code"] is None else int(match["code"])
            yield Drawn(match["name"], above[depth - 1], match["place"], code)


def test_the_drawing_has_every_error_below_its_base() -> None:
    tree = {(one.name, one.parent) for one in drawn()}

    assert tree == {(kind.__name__, kind.__bases__[0].__name__) for kind in CLASSES}


@pytest.mark.parametrize("line", list(drawn()), ids=lambda line: line.name)
def test_the_drawing_says_place_and_exit_code(line: Drawn) -> None:
    kind = getattr(errors, line.name)

    assert kind.place == line.place
    assert line.exit_code == (kind.exit_code if line.exit_code is not None else vars(kind).get("exit_code"))


@pytest.mark.parametrize("kind", sorted(CLASSES, key=lambda kind: kind.__name__), ids=lambda kind: kind.__name__)
def test_what_may_work_later_says_where_and_ends_with_a_code_that_is_repeated(kind: type[CoinModelsError]) -> None:
    assert not kind.transient or kind.place is not None
    assert not kind.transient or kind.exit_code == 1


def test_no_broad_handler_turns_an_interruption_into_a_failure() -> None:
    assert not issubclass(Interrupted, Exception)
    assert Interrupted.exit_code == 143  # 128 and SIGTERM's 15
