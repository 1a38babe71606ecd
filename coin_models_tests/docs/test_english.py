"""Plain English: code, tests, benchmarks, deployment files and documentation use none of the banned words and phrases."""

import re
from pathlib import Path

import pytest

from coin_models_tests.docs.pages import pages
from coin_models_tests.docs.reference import REPOSITORY

_BANNED = {
    # words: what to write instead
    r"somebody|anybody|everybody|whoever": "name the person, process or session",
    r"(?<![\"`])nobody": "no process, no session, never",
    r"so many": "that many, number of",
    r"mend(?:s|ed|ing)?": "fix, repair",
    r"dearer": "more expensive",
    r"befell|befalls?": "happened to",
    r"whatever becomes|(?:what|and) (?:becomes?|became|comes|came) of": "the result, the outcome",
    r"in vain": "without success",
    r"there already": "up to date, existing",
    r"vouch(?:es|ed)?": "describe, prove",
    r"in peace": "uninterrupted",
    r"spoken of|speaks? of|tells? of|told of": "is about, names",
    r"heard (?:from|of)|hears of": "found, known",
    r"owe[sd]?": "pending",
    r"by hand|hand-worked": "manually",
    r"goes on|go on|went on": "continue",
    r"is away|are away|was away": "unavailable",
    r"without a word": "without notice",
    r"asks? for|asking for|(?:is|are|was) asked for": "request",
    r"anew": "again",
    r"given up": "dropped, quarantined",
    r"taken up|takes? up|took up": "resume",
    r"taken away": "interrupted",
    r"holds? up|held up": "delay, block",
    r"morning report|this morning": "daily report, today",
    r"lives of (?:a |the )?\w*process\w*": "child runs",
    r"Belongs here|Not here": "say what the module is; name a neighbour only where the two are confusable",
}
_PATTERNS = {re.compile(rf"\b(?:{words})(?!\w)", re.IGNORECASE): plain for words, plain in _BANNED.items()}
_FILES = [
    *(
        path
        for folder in ("coin_models", "coin_models_tests", "benchmarks")
        for path in sorted((REPOSITORY / folder).rglob("*.py"))
        if path != Path(__file__)
    ),
    *pages(),
    *(path for path in sorted((REPOSITORY / "deploy").rglob("*")) if path.is_file() and path.suffix != ".pyc"),
    *(REPOSITORY / name for name in ("Dockerfile", "Makefile", "compose.yaml", "pyproject.toml", "dagster.yaml")),
]


def _name(path: Path) -> str:
    return str(path.relative_to(REPOSITORY))


def _problems_in(line: str) -> list[str]:
    return [f"{hit[0]!r}: write {plain}" for pattern, plain in _PATTERNS.items() for hit in pattern.finditer(line)]


@pytest.mark.parametrize("path", _FILES, ids=_name)
def test_a_file_uses_plain_english(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()

    assert [f"line {number}, {problem}" for number, line in enumerate(lines, 1) for problem in _problems_in(line)] == []


@pytest.mark.parametrize("line", ["nobody knows", "It was mended.", "# asks for a day", "the store is away"])
def test_a_banned_word_is_found(line: str) -> None:
    problems = _problems_in(line)

    assert len(problems) == 1


def test_names_in_code_are_not_words() -> None:
    problems = _problems_in('runs_asked_for = mend_it("nobody")')

    assert problems == []
