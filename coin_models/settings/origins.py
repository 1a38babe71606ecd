"""Where a setting at fault was given: the environment variable with its value, or the file with its line."""

import difflib
import os
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

from coin_models.settings.places import cleaned
from coin_models.settings.renamed import old_names, variable_of

_TABLE = re.compile(r"^\s*\[+\s*([\w.\-]+)\s*\]+")
_KEY = re.compile(r"^\s*([\w.\-]+)\s*=")
_LONGEST_VALUE = 40


def place_of(name: str, file: Path | None, environ: Mapping[str, str] = os.environ) -> str:
    """The dotted name, behind what gives it: `COIN_MODELS_...` or `FILE, line N`; the name alone where neither does."""
    given = {key.upper() for key, value in environ.items() if cleaned(value)}
    for each in (name, *old_names(name)):
        if variable_of(each) in given:
            return f"{variable_of(each)}: {name}"
    line = line_of(name, _text(file))
    return f"{file}, line {line}: {name}" if line else name


def line_of(name: str, text: str) -> int | None:
    """Number of the line of a TOML file on which the key, or the table, of that dotted name begins; None where none does."""
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _TABLE.match(line):
            table = header[1] + "."
            if table == name + ".":
                return number
        elif (key := _KEY.match(line)) and table + key[1] == name:
            return number
    return None


def value_shown(name: str, annotation: Any, environ: Mapping[str, str] = os.environ) -> str:
    """` (it is 'abc')` for a number or a switch in the environment; empty for all that may hold a secret."""
    value = cleaned(environ.get(variable_of(name), ""))
    kinds = set(get_args(annotation)) if get_origin(annotation) in (Union, UnionType) else {annotation}
    return f" (it is {value[:_LONGEST_VALUE]!r})" if value and kinds <= {int, float, bool, type(None)} else ""


def meant(name: str, names: Collection[str], cutoff: float = 0.85) -> str:
    """` (did you mean ...?)`: the nearest of the known names, or the only one with that last part; else empty."""
    last = [each for each in names if each.rpartition(".")[2] == name.rpartition(".")[2]]
    close = last if len(last) == 1 else difflib.get_close_matches(name, names, n=1, cutoff=cutoff)
    return f" (did you mean {close[0]}?)" if close else ""


def _text(file: Path | None) -> str:
    return file.read_text(encoding="utf-8-sig", errors="replace") if file else ""
