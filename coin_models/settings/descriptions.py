"""Descriptions of the settings: the text below each field in the source, read on demand.

Pydantic reads it whenever it makes a class (`use_attribute_docstrings`), which costs every command 45 ms; only the
pages of docs/ and `coin-models settings` show it.
"""

import ast
import inspect
import textwrap
from collections.abc import Mapping
from functools import cache
from itertools import pairwise

from pydantic import BaseModel


@cache
def descriptions(model: type[BaseModel]) -> Mapping[str, str]:
    """The text below each setting of a group, by the setting's name, on one line; settings without one are left out."""
    parsed = ast.parse(textwrap.dedent(inspect.getsource(model))).body[0]
    body = parsed.body if isinstance(parsed, ast.ClassDef) else []
    return {
        field.target.id: " ".join(below.value.value.split())
        for field, below in pairwise(body)
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant) and isinstance(below.value.value, str)
    }
