"""The seam between this project and wherever candles come from.

Belongs here: the protocol. Not here: sources (`sources.*`), which one the settings ask for (`sources.factory`).
"""

from datetime import date
from typing import Protocol

from coin_models.market.candles import Candles


class CandleSource(Protocol):
    """Somewhere that candles come from."""

    @property
    def name(self) -> str:
        """Short name for people and logs, such as `exchange binance`."""
        ...

    def coins(self) -> tuple[str, ...]:
        """The coins that it can list, in a fixed order."""
        ...

    def fetch(self, coin: str, first: date, last: date) -> Candles:
        """The coin's closed candles on the UTC days `first` to `last`; empty where there was no market.

        Raises:
            SourceUnavailable: it may work later.
            SourceRefused: it will not work, however often it is asked.
            CandlesRejected: it delivered candles that cannot be read safely.
        """
        ...
