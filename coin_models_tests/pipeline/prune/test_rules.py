"""Which rows are old: every table has a rule or a reason, and a decision that says who is champion stays."""

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from coin_models.db.schema import champion_decisions
from coin_models.db.tables import whole_metadata
from coin_models.pipeline.prune.rules import RULES, Cutoff
from coin_models.pipeline.services import Services
from coin_models.settings.retention import RetentionSettings
from coin_models_tests.backends import Backend
from coin_models_tests.db.filled import contents, fill
from coin_models_tests.pipeline.prune.old_home import OldHome, ago

NOT_BY_AGE = {
    "model_versions": "versions.py",
    "removals": "removals.py",
    "pattern_matches": "they go with their pattern",
    "leases": "pipeline/cleanup.py",
    "workers": "a row for each live machine",
    "control_plane": "one row",
    "candle_months": "candles are kept: every retrain starts from them",
    "candle_files": "a row for each file that there is",
    "identity": "what the home is",
}
"""Tables without a rule, with the reason."""


def test_each_table_has_a_rule_or_a_reason() -> None:
    assert {rule.table.name for rule in RULES} | set(NOT_BY_AGE) == set(whole_metadata().tables)
    assert {rule.table.name for rule in RULES} & set(NOT_BY_AGE) == set()


def test_old_rows_of_each_table_go_on_both_databases(backend: Backend) -> None:
    # One row a table of 2024; its decision is no `hold`, so it stays, and the version that it names with it.
    services = OldHome(settings=backend.settings)
    services.database.transact(fill)

    services.prune()
    left = {name for name, rows in contents(services.database).items() if rows}
    services.database.close()

    assert left == {"model_versions", "champion_decisions", "candle_months", "candle_files"}


def test_what_was_made_lately_of_an_old_day_stays() -> None:
    cutoff = Cutoff.of(RetentionSettings(days=400), datetime(2026, 3, 1, 12, tzinfo=UTC))

    assert cutoff == Cutoff(day=date(2025, 1, 25), made_at=datetime(2025, 1, 25, 12, tzinfo=UTC))


@pytest.fixture
def home(embedded: Backend) -> OldHome:
    return OldHome(settings=embedded.settings)


def decisions(services: Services) -> list[tuple[date, str]]:
    columns = champion_decisions.c
    with services.database.read() as connection:
        return [(row.day, row.decision) for row in connection.execute(select(columns.day, columns.decision))]


def test_holds_go_and_changes_manual_decisions_and_the_newest_stay(home: OldHome) -> None:
    first, second = home.publish("BTC", 900), home.publish("BTC", 700)
    home.decide("BTC", 800, first, "promote")
    home.decide("BTC", 799, first, "hold")
    home.decide("BTC", 650, second, "promote", by="manual:me")
    home.decide("BTC", 649, second, "hold")
    home.decide("BTC", 640, second, "hold")  # the newest of a coin that was delisted

    home.prune()

    assert decisions(home) == [(ago(800), "promote"), (ago(650), "promote"), (ago(640), "hold")]


def test_the_copy_of_a_days_decisions_follows_the_table(home: OldHome) -> None:
    version = home.publish("BTC", 700)
    other = home.publish("ETH", 700)
    home.decide("BTC", 650, version, "promote")
    home.decide("BTC", 649, version, "hold")
    home.decide("ETH", 649, other, "promote")
    home.decide("BTC", 648, version, "hold")
    home.decide("BTC", 10, version, "hold")

    home.prune()

    copies = {info.key for info in home.store.list("decisions/")}
    assert copies == {f"decisions/{ago(days)}.json" for days in (650, 649, 10)}
    assert b"BTC" not in home.store.get(f"decisions/{ago(649)}.json")
