"""Published versions are read as arrays, a row per coin."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import insert

from coin_models.db.engine import Database
from coin_models.db.schema import model_versions
from coin_models.registry.published import PublishedVersions, published_versions

FIRST = date(2023, 12, 30)
A, B = "0a" * 32, "b1" * 32
_TEXTS = ("architecture_digest", "weights_key", "weights_sha256", "manifest_key", "manifest_sha256", "code_version")


def publish(database: Database, *versions: tuple[str, date, str]) -> None:
    rows = [
        {
            **dict.fromkeys(_TEXTS, "x"),
            "id": str(number),
            "coin": coin,
            "day": day,
            "fingerprint": fingerprint,
            "metrics": {},
            "created_at": datetime(2024, 1, 1, tzinfo=UTC),
            "resumed": False,
            "fit_seconds": 1.0,
            "num_steps": 1,
        }
        for number, (coin, day, fingerprint) in enumerate(versions)
    ]
    with database.begin() as connection:
        connection.execute(insert(model_versions), rows)


def read(database: Database, *coins: str, last: date = date.max) -> dict[str, list[tuple[date, str]]]:
    return {coin: listed(published) for coin, published in published_versions(database, coins, FIRST, last).items()}


def listed(published: PublishedVersions) -> list[tuple[date, str]]:
    return sorted(
        (date.fromordinal(int(ordinal)), fingerprint.tobytes().hex())
        for ordinal, fingerprint in zip(published.ordinal, published.fingerprint, strict=True)
    )


def test_versions_are_read_by_coin_within_the_days(database: Database) -> None:
    later = FIRST + timedelta(days=2)
    publish(database, ("BTC", later, B), ("BTC", FIRST, A), ("BTC", FIRST, B), ("ETH", later, A), ("XRP", FIRST, A))

    assert read(database, "BTC", "ETH") == {"BTC": [(FIRST, A), (FIRST, B), (later, B)], "ETH": [(later, A)]}
    assert read(database, "BTC", last=FIRST) == {"BTC": [(FIRST, A), (FIRST, B)]}
    assert read(database, "SOL") == {}


@pytest.mark.parametrize("odd", [("f",), ("f" * 48, "e" * 6), ("-" * 10,)])
def test_a_fingerprint_of_another_length_is_left_out(database: Database, odd: tuple[str, ...]) -> None:
    publish(database, ("BTC", FIRST, A), *(("BTC", FIRST, text) for text in odd), ("ETH", FIRST, odd[0]))

    assert read(database, "BTC", "ETH") == {"BTC": [(FIRST, A)]}
    assert read(database, "ETH") == {}


def test_days_are_the_calendars_over_leap_years_and_centuries() -> None:
    days = [date(1899, 12, 30) + timedelta(days=offset) for offset in range(0, 80_000, 7)]

    published = PublishedVersions.of([(day, A) for day in days])

    assert published.ordinal.tolist() == [day.toordinal() for day in days]
