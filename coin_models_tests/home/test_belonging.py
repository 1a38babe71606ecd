"""Whether facts about a database, a store and a market go together."""

import pytest

from coin_models.errors import NotTogether, OtherMarket
from coin_models.home.belonging import Evidence, Names, check_evidence, check_ids, check_market
from coin_models.home.market import MarketIdentity
from coin_models.home.records import HomeRecord

DEMO = MarketIdentity(source="demo", quote="USDT", timeframe="5m", seed=7)
NAMES = Names(database="sqlite", store="folder", market="demo")
RECORD = HomeRecord(home_id="a" * 32, market=DEMO)


def evidence(*, versions: bool = False, objects: bool = False, models: bool = False) -> Evidence:
    return Evidence(has_versions=versions, has_their_objects=objects, has_models=models)


@pytest.mark.parametrize("record", [None, RECORD])
def test_the_same_market_and_an_unknown_one_are_accepted(record: HomeRecord | None) -> None:
    check_market(DEMO, record, "the store", NAMES)  # raises nothing

    with pytest.raises(OtherMarket, match="the store holds the market 'demo"):
        check_market(MarketIdentity(source="demo", quote="EUR", timeframe="5m"), RECORD, "the store", NAMES)


def test_two_ids_are_refused_with_the_store_that_the_database_was_joined_to() -> None:
    other = HomeRecord(home_id="b" * 32, market=DEMO, store_url="s3://old")

    with pytest.raises(
        NotTogether, match=r"belongs to another store, which was s3://old, not to folder .*bbbbbbbb and a"
    ):
        check_ids(other, RECORD, NAMES)


@pytest.mark.parametrize(
    ("store", "facts"),
    [
        (None, evidence()),  # both new
        (None, evidence(versions=True, objects=True, models=True)),  # a home of coin_models 0.1
        (RECORD, evidence(versions=True, objects=True, models=True)),  # a restored database
    ],
)
def test_what_nothing_speaks_against_belongs_together(store: HomeRecord | None, facts: Evidence) -> None:
    check_evidence(store, facts, NAMES)  # raises nothing

    with pytest.raises(NotTogether):
        check_evidence(store, evidence(versions=True, objects=False, models=facts.has_models), NAMES)


@pytest.mark.parametrize(
    ("store", "facts", "words"),
    [
        (None, evidence(versions=True), "the store folder is empty"),
        (None, evidence(versions=True, models=True), "the store folder has none of its models"),
        (RECORD, evidence(versions=True), "the store folder has none of its models"),
        (None, evidence(models=True), "the store folder has published models, and the database sqlite is empty"),
        (RECORD, evidence(), "the store folder belongs to another database, and the database sqlite is empty"),
    ],
)
def test_an_empty_place_beside_a_full_one_is_never_a_new_home(
    store: HomeRecord | None, facts: Evidence, words: str
) -> None:
    with pytest.raises(NotTogether, match=words):
        check_evidence(store, facts, NAMES)
