"""Links from Dagster's assets to the pages that the same web server has under `/reports/`."""

from datetime import date
from typing import Final

from dagster import MetadataValue, UrlMetadataValue

PATH: Final = "/reports"


def coin_link(coin: str) -> UrlMetadataValue:
    """To a coin's page."""
    return MetadataValue.url(f"{PATH}/coins/{coin}")


def day_link(day: date) -> UrlMetadataValue:
    """To a day's report."""
    return MetadataValue.url(f"{PATH}/{day.isoformat()}")
