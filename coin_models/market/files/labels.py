"""Columns that say whose candles a file holds: rows of another coin, of several coins or of several timeframes are refused.

The name of a file says the coin. A column of symbols that contradicts it is the better witness: whole candles of ETH under
the name of BTC are good candles by every other rule.
"""

import re
from typing import Final

import pandas as pd

from coin_models.market.files.columns import squashed
from coin_models.market.files.forming import Mask
from coin_models.market.files.layouts import KRAKEN_NAMES
from coin_models.market.files.limits import quoted
from coin_models.market.files.outcomes import rejected
from coin_models.market.files.tables import Table
from coin_models.market.files.times import is_missing
from coin_models.settings.quotes import QUOTE_USD

_SYMBOL_NAMES: Final = frozenset({"symbol", "pair", "coin", "ticker", "tic", "instrument", "instid", "instname"})
_TIMEFRAME_NAMES: Final = frozenset({"interval", "timeframe", "tf"})
_QUOTES: Final = "|".join(sorted(QUOTE_USD, key=len, reverse=True))
_MAX_NAMED: Final = 3


def refuse_other_labels(table: Table, asked: Mask, coin: str) -> None:
    """Looks at the columns of symbols and of timeframes.

    Args:
        table: of the file. asked: (N,) its rows in question. coin: base asset by the file's name.

    Raises:
        CandlesRejected: they name several coins or timeframes, or a pair of another coin.
    """
    for place, name in enumerate(table.names or []):
        kind = squashed(name)
        if kind not in _SYMBOL_NAMES and kind not in _TIMEFRAME_NAMES:
            continue
        labels = _labels(table.frame[place][asked])
        if len({squashed(label) for label in labels}) > 1:
            what = "coins" if kind in _SYMBOL_NAMES else "timeframes"
            named = ", ".join(map(quoted, labels[:_MAX_NAMED]))
            raise rejected(
                table.path, f"its column {quoted(name)} names several {what} ({named}): write one file for each"
            )
        if kind in _SYMBOL_NAMES and labels and _is_of_other(labels[0], coin):
            raise rejected(table.path, f"its column {quoted(name)} names {quoted(labels[0])}, and the file {coin}")


def _labels(column: pd.Series) -> list[str]:
    return [str(label).strip() for label in column[~is_missing(column)].astype(str).unique()]


def _is_of_other(label: str, coin: str) -> bool:
    """Whether the label is a pair of a known quote asset and another coin; anything else says too little."""
    own = "|".join(map(re.escape, (coin, *(name for name, usual_name in KRAKEN_NAMES.items() if usual_name == coin))))
    return _is_pair(label, "[A-Z0-9]{2,20}") and not _is_pair(label, own)


def _is_pair(label: str, base: str) -> bool:
    return re.fullmatch(rf"(?:[A-Z]+:)?(?:{base})[-_/]?(?:{_QUOTES}|ZUSD|ZEUR)(?:[-_:.].*)?", label) is not None
