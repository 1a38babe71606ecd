"""What the documentation holds: its pages, fenced blocks, commands and links."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from coin_models_tests.docs.reference import REPOSITORY

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_ASSIGNMENT = re.compile(r"[A-Z_]+=")


@dataclass(frozen=True, slots=True)
class Command:
    page: str
    words: tuple[str, ...]  # without `coin-models`

    def __str__(self) -> str:
        return f"{self.page}: coin-models {' '.join(self.words)}"


def pages() -> list[Path]:
    return [*sorted(REPOSITORY.glob("*.md")), *sorted((REPOSITORY / "docs").rglob("*.md"))]


def blocks(path: Path, language: str) -> list[str]:
    return [body for tag, body in _FENCE.findall(path.read_text(encoding="utf-8")) if tag == language]


def commands() -> list[Command]:
    return [
        Command(path.name, tuple(words))
        for path in pages()
        for block in blocks(path, "sh")
        for line in block.replace("\\\n", " ").splitlines()
        for words in _calls(line)
    ]


def links(path: Path) -> list[str]:
    prose = _FENCE.sub("", path.read_text(encoding="utf-8"))
    return [target for target in _LINK.findall(prose) if "://" not in target]


def anchors(path: Path) -> set[str]:
    titles = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^a-z0-9 _-]", "", title.lower()).strip().replace(" ", "-") for title in titles}


def _calls(line: str) -> Iterator[list[str]]:
    for part in re.split(r"\$\(|\)\"?|&&|;", line):
        words = shlex.split(part.replace('"', ""), comments=True) if part.strip() else []
        while words and _ASSIGNMENT.match(words[0]):
            words = words[1:]
        if words and words[0].rpartition("/")[2] == "coin-models":
            yield words[1:]
