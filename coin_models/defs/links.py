"""Links from Dagster's assets to the pages that the same web server has under `/reports/`."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from urllib.parse import urlencode

from dagster import MetadataValue, UrlMetadataValue

PATH: Final = "/reports"


def coin_link(coin: str) -> UrlMetadataValue:
    """To a coin's page."""
    return MetadataValue.url(f"{PATH}/coins/{coin}")


def day_link(day: date) -> UrlMetadataValue:
    """To a day's report."""
    return MetadataValue.url(f"{PATH}/{day.isoformat()}")


def backtest_link(first: date, last: date, coins: Sequence[str] | None, num_trials: int | None) -> UrlMetadataValue:
    """To the backtest of these days; coins None: the universe, trials None: those that the home has versions of."""
    asked = {"coins": ",".join(coins) if coins else None, "trials": num_trials}
    query = urlencode({name: value for name, value in asked.items() if value is not None}, safe=",")
    return MetadataValue.url(f"{PATH}/backtests/{first.isoformat()}/{last.isoformat()}{f'?{query}' if query else ''}")
