"""Health is judged by when each coin's newest version was published."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from coin_models.db.engine import Database
from coin_models.db.schema import model_versions
from coin_models.registry.freshness import Health, read_health

NOW = datetime(2024, 8, 16, 4, 0, tzinfo=UTC)
ALLOWED = timedelta(hours=26)
_TEXTS = ("architecture_digest", "weights_key", "weights_sha256", "manifest_key", "manifest_sha256", "code_version")


def publish(database: Database, **hours_ago: float) -> None:
    """A version per coin, published that many hours before now."""
    rows = [
        {
            **dict.fromkeys(_TEXTS, "x"),
            "id": f"{coin} {hours}",
            "coin": coin,
            "day": (NOW - timedelta(hours=hours, days=1)).date(),
            "fingerprint": f"{hours}",
            "metrics": {},
            "created_at": NOW - timedelta(hours=hours),
            "resumed": False,
            "fit_seconds": 1.0,
            "num_steps": 1,
        }
        for coin, hours in hours_ago.items()
    ]
    with database.begin() as connection:
        connection.execute(insert(model_versions), rows)


def health(database: Database, *coins: str) -> Health:
    return read_health(database, coins, NOW, ALLOWED)


def test_a_home_whose_coins_all_have_a_new_version_is_healthy(database: Database) -> None:
    publish(database, BTC=30, ETH=2)
    publish(database, BTC=1.5)

    report = health(database, "BTC", "ETH")

    assert report.exit_code == 0
    assert str(report) == "the newest model was published 1.5 h ago; all 2 coins have one within 26 h"


def test_a_coin_that_missed_a_night_is_named(database: Database) -> None:
    publish(database, BTC=2, ETH=27, SOL=2)

    report = health(database, "BTC", "ETH", "SOL")

    assert (report.exit_code, report.late) == (3, ["ETH"])
    assert report.to_json()["is_healthy"] is False


def test_a_night_that_was_missed_as_a_whole_could_not_work(database: Database) -> None:
    publish(database, BTC=27, ETH=28)

    report = health(database, "BTC", "ETH")

    assert (report.exit_code, report.late) == (1, ["BTC", "ETH"])


def test_a_coin_without_a_version_for_weeks_and_one_outside_the_universe_do_not_count(database: Database) -> None:
    publish(database, BTC=2, GONE=24 * 40, DOGE=60)

    assert health(database, "BTC", "GONE").exit_code == 0


@pytest.mark.parametrize("coins", [("BTC",), ()])
def test_nothing_published_is_not_healthy(database: Database, coins: tuple[str, ...]) -> None:
    report = health(database, *coins)

    assert report.exit_code == 1
    assert str(report) == "no model was published within the last 14 days"
    assert report.to_json()["newest_age_hours"] is None
