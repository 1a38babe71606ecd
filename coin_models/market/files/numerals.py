"""Numbers as countries and spreadsheets write them: a decimal comma, or commas between the thousands.

| found in the columns of values | what is done |
|---|---|
| no point anywhere, and a comma that no group of three digits follows: `60000,5` | decimal commas |
| a value with commas before each three digits and a point behind: `60,000.50`, and every comma stands like that | thousands |
| anything else, such as `1,234` alone: 1234 or 1.234 | left as it is: no number, which refuses the file |

All columns are judged together: a country writes its prices and its volumes alike.
"""

from collections.abc import Sequence
from typing import Final

import pandas as pd

_GROUPED: Final = r"\s*[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?\s*"
_DECIMAL: Final = r"\s*[+-]?\d+,\d+(?:[eE][+-]?\d+)?\s*"


def plain_numerals(columns: Sequence[pd.Series]) -> list[pd.Series]:
    """The columns with numbers as computers write them, where the file says in one way only how it writes them.

    Args:
        columns: of values, as they stand; numbers stay as they are.
    """
    texts = [column.astype(str) for column in columns if _is_text(column)]
    if not texts:
        return list(columns)
    commas = pd.concat([column[column.str.contains(",", regex=False)] for column in texts])
    if not len(commas):
        return list(columns)
    if commas.str.fullmatch(_GROUPED).all() and commas.str.contains(".", regex=False).any():
        return _replaced(columns, "")
    has_point = any(column.str.contains(".", regex=False).any() for column in texts)
    if not has_point and commas.str.fullmatch(_DECIMAL).all() and not commas.str.fullmatch(_GROUPED).all():
        return _replaced(columns, ".")
    return list(columns)


def _is_text(column: pd.Series) -> bool:
    return bool(pd.api.types.is_object_dtype(column) or pd.api.types.is_string_dtype(column))


def _replaced(columns: Sequence[pd.Series], by: str) -> list[pd.Series]:
    return [column.astype(str).str.replace(",", by, regex=False) if _is_text(column) else column for column in columns]
