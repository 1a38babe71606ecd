"""The repository's Dockerfile, read into its stages."""

import re
from dataclasses import dataclass

from coin_models_tests.docs.reference import REPOSITORY


@dataclass(frozen=True)
class Stage:
    name: str
    base: str
    steps: tuple[tuple[str, str], ...]  # instruction, the rest of its line

    def all(self, instruction: str) -> list[str]:
        return [rest for keyword, rest in self.steps if keyword == instruction]


def read_stages() -> dict[str, Stage]:
    text = re.sub(r"^\s*#.*\n", "", (REPOSITORY / "Dockerfile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    lines = [line.strip() for line in text.replace("\\\n", " ").splitlines() if line.strip()]
    stages: dict[str, Stage] = {}
    for line in lines:
        instruction, _, rest = line.partition(" ")
        if instruction == "FROM":
            base, name = rest.split(" AS ")
            stages[name] = Stage(name, base, ())
        else:
            stages[name] = Stage(name, stages[name].base, (*stages[name].steps, (instruction, rest.strip())))
    return stages
