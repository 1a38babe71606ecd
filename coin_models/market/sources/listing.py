"""The coins of a folder of candle files, from file names only: cheap enough for every load of the definitions."""

import re
from pathlib import Path
from typing import Final

from coin_models.errors import SourceRefused

_NAME: Final = re.compile(r"(?P<base>[A-Z0-9]{1,20})_(?P<quote>[A-Z0-9]{1,20})\.(parquet|csv|csv\.gz)", re.IGNORECASE)


def coin_files(folder: Path, quote: str) -> dict[str, tuple[Path, ...]]:
    """Coin to its files, sorted by coin, of the names BASE_QUOTE.parquet, .csv or .csv.gz in `folder`.

    Names only: a file that cannot be read, or a second file of a coin, is that coin's problem when it is read.

    Raises:
        SourceRefused: the folder cannot be read or holds no such file.
    """
    try:
        paths = sorted(folder.expanduser().iterdir())
    except OSError as error:
        raise SourceRefused(f"the folder of candle files {folder} cannot be read: {error.strerror}") from error
    found: dict[str, tuple[Path, ...]] = {}
    for path in paths:
        match = _NAME.fullmatch(path.name)
        if match is not None and match["quote"].upper() == quote:
            coin = match["base"].upper()
            found[coin] = (*found.get(coin, ()), path)
    if not found:
        raise SourceRefused(
            f"{folder} holds no candle file of {quote}; files are named like BTC_{quote}.parquet or .csv.gz"
        )
    return dict(sorted(found.items()))
