"""Champion decisions copied into the store and back into an empty table, on both back ends."""

import json
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select

from coin_models.db.engine import Database
from coin_models.db.schema import champion_decisions, model_versions
from coin_models.registry.champions import ChampionLog
from coin_models.registry.decision_copies import RebuiltDecisions, copy_decisions, rebuild_decisions
from coin_models.registry.registry import Registry
from coin_models.storage import keys
from coin_models.storage.object_store import ObjectStore
from coin_models_tests.registry import builders
from coin_models_tests.registry.builders import DAY

YESTERDAY = DAY - timedelta(days=1)


@pytest.fixture
def version_id(registry: Registry) -> str:
    return registry.publish(builders.bundle(), lease=None).id


def decide_some(database: Database, version_id: str) -> None:
    """Two days: on the second the policy's decision and two manual ones, the older with the words of coin_models 0.1."""
    log = ChampionLog(database)
    log.decide(builders.decision(None, "none", YESTERDAY))
    log.decide(builders.decision(version_id, "promote", statistics={"p": 0.01, "broken": [version_id]}))
    manual = builders.decision(None, "rollback", decided_by="hand:alice", reason="ü", decided_at=builders.NOW)
    with database.begin() as connection:
        values = {name: getattr(manual, name) for name in type(manual).__dataclass_fields__}
        connection.execute(insert(champion_decisions).values(values))
    log.decide(builders.decision(version_id, "promote", decided_by="manual: bob"))


def rows(database: Database) -> list[dict[str, Any]]:
    with database.read() as connection:
        table_rows = connection.execute(
            select(champion_decisions).order_by(champion_decisions.c.day, champion_decisions.c.id)
        )
        return [{name: value for name, value in row.items() if name != "id"} for row in table_rows.mappings()]


def lose(database: Database, day: date | None = None) -> None:
    with database.begin() as connection:
        statement = delete(champion_decisions)
        connection.execute(statement if day is None else statement.where(champion_decisions.c.day == day))


def rebuilt(database: Database, store: ObjectStore) -> RebuiltDecisions:
    return rebuild_decisions(database, store, lambda done, total: None)


def test_the_rows_come_back_in_their_order(database: Database, store: ObjectStore, version_id: str) -> None:
    decide_some(database, version_id)
    before, champion = rows(database), ChampionLog(database).champion("BTC")
    copy_decisions(database, store, YESTERDAY)
    copy_decisions(database, store, DAY)
    lose(database)

    result = rebuilt(database, store)

    assert (result.num_added, result.left_out, result.without_version) == (4, {}, [])
    assert rows(database) == before
    assert champion is not None
    assert ChampionLog(database).champion("BTC") == champion


def test_days_of_which_the_store_has_no_copy_are_copied_too(
    database: Database, store: ObjectStore, version_id: str
) -> None:
    decide_some(database, version_id)

    copy_decisions(database, store, DAY)

    assert [info.key for info in store.list(keys.DECISIONS)] == [keys.decisions(YESTERDAY), keys.decisions(DAY)]


def test_a_copy_is_the_same_bytes_again_and_follows_the_table(
    database: Database, store: ObjectStore, version_id: str
) -> None:
    decide_some(database, version_id)
    copy_decisions(database, store, DAY)
    first = store.get(keys.decisions(DAY))
    copy_decisions(database, store, DAY)
    again = store.get(keys.decisions(DAY))
    lose(database, DAY)
    copy_decisions(database, store, DAY)

    assert again == first
    assert json.loads(store.get(keys.decisions(DAY)))["decisions"] == []


def test_without_decisions_nothing_is_written(database: Database, store: ObjectStore) -> None:
    copy_decisions(database, store, DAY)

    assert store.list(keys.DECISIONS) == []


def test_a_second_rebuild_adds_nothing_and_a_day_that_has_decisions_is_left(
    database: Database, store: ObjectStore, version_id: str
) -> None:
    decide_some(database, version_id)
    copy_decisions(database, store, DAY)
    before = rows(database)
    lose(database, YESTERDAY)

    results = [rebuilt(database, store), rebuilt(database, store)]

    assert [(result.num_added, result.num_existing) for result in results] == [(1, 1), (0, 2)]
    assert rows(database) == before


def test_a_decision_about_a_version_that_is_left_out_is_left_out_and_named(
    database: Database, store: ObjectStore, version_id: str
) -> None:
    decide_some(database, version_id)
    copy_decisions(database, store, DAY)
    lose(database)
    with database.begin() as connection:
        connection.execute(delete(model_versions))

    result = rebuilt(database, store)

    assert result.num_added == 2
    assert [version_id in sentence for sentence in result.without_version] == [True, True]
    assert [row["version_id"] for row in rows(database)] == [None, None]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b'{"schema_version": 2}',
        b'{"schema_version": 1, "day": "2024-08-14", "decisions": []}',
        b'{"schema_version": 1, "day": "2024-08-15", "decisions": [{"coin": "BTC"}]}',
    ],
)
def test_a_damaged_copy_is_named_and_the_others_are_read(
    database: Database, store: ObjectStore, version_id: str, data: bytes
) -> None:
    decide_some(database, version_id)
    copy_decisions(database, store, DAY)
    lose(database)
    store.put(keys.decisions(DAY), data)

    result = rebuilt(database, store)

    assert list(result.left_out) == [keys.decisions(DAY)]
    assert result.num_added == 1
