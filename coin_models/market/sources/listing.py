"""The coins of a folder of candle files, from file names alone: cheap enough for every load of the definitions.

Belongs here: the naming rule. Not here: reading the files (`files`).
"""

import re
from pathlib import Path
from typing import Final

from coin_models.errors import SourceRefused

_NAME: Final = re.compile(r"(?P<base>[A-Z0-9]{1,20})_(?P<quote>[A-Z0-9]{1,20})\.(parquet|csv|csv\.gz)", re.IGNORECASE)


def coin_files(folder: Path, quote: str) -> dict[str, Path]:
    """Coin to file, sorted by coin, of the files in `folder` named BASE_QUOTE.parquet, .csv or .csv.gz.

    Raises:
        SourceRefused: the folder cannot be read, holds no such file, or two files of one coin.
    """
    try:
        paths = sorted(folder.expanduser().iterdir())
    except OSError as error:
        raise SourceRefused(f"the folder of candle files {folder} cannot be read: {error.strerror}") from error
    found: dict[str, Path] = {}
    for path in paths:
        match = _NAME.fullmatch(path.name)
        if match is None or match["quote"].upper() != quote:
            continue
        coin = match["base"].upper()
        if coin in found:
            raise SourceRefused(f"{folder} holds two files of {coin}: {found[coin].name} and {path.name}; remove one")
        found[coin] = path
    if not found:
        raise SourceRefused(
            f"{folder} holds no candle file of {quote}; files are named like BTC_{quote}.parquet or .csv.gz"
        )
    return dict(sorted(found.items()))
