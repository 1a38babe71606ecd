"""One line for each cause, however many coins it hit: a person reads what happened, not five hundred times the same."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from coin_models.reporting.report.daily_report import DecisionLine

_NAMED = 5  # coins
_NUMBERS = re.compile(r"[\d.,:-]*\d")


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinNote:
    """What is to be said about one coin; `words` continue the sentence that its name begins."""

    coin: str
    words: str
    cause: str | None = None  # None: the words, whatever numbers and names are in them


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionCause:
    """Decisions of one kind for one reason."""

    line: DecisionLine  # the first of them
    coins: tuple[str, ...]
    reason: str

    @property
    def names(self) -> str:
        """The coins."""
        return name_coins(self.coins)


def one_line_each(notes: Iterable[CoinNote]) -> list[str]:
    """A line per cause, in the order of first appearance; notes that differ only in numbers and names have one cause."""
    causes: dict[str, list[CoinNote]] = {}
    for note in notes:
        causes.setdefault(note.cause or _cause(note.coin, note.words), []).append(note)
    return [_line(group) for group in causes.values()]


def by_cause(lines: Iterable[DecisionLine]) -> list[DecisionCause]:
    """Decisions by kind, reason and who decided."""
    causes: dict[tuple[str, str, str], list[DecisionLine]] = {}
    for line in lines:
        causes.setdefault((line.decision, _cause(line.coin, line.reason), line.decided_by), []).append(line)
    return [
        DecisionCause(
            line=group[0],
            coins=tuple(line.coin for line in group),
            reason=group[0].reason if len({line.reason for line in group}) == 1 else f"such as {group[0].reason}",
        )
        for group in causes.values()
    ]


def name_coins(coins: Iterable[str]) -> str:
    """The first few by name, and how many more."""
    names = list(coins)
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _cause(coin: str, words: str) -> str:
    return _NUMBERS.sub("#", words.replace(coin, "*"))


def _line(group: list[CoinNote]) -> str:
    first, others = group[0], group[1:]
    if not others:
        return f"{first.coin}{first.words}"
    if len({note.words for note in group}) == 1:
        return f"{len(group)} coins{first.words} ({name_coins(note.coin for note in group)})"
    return f"{len(group)} coins, such as {first.coin}{first.words} (also {name_coins(note.coin for note in others)})"
