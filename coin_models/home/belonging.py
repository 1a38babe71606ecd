"""Decides from facts whether a database, a store and the settings' market belong together.

Two records with the same id belong together. Where a record is missing (a home of coin_models 0.1, a restored backup, a
kill between the two writes), they belong together when the store has what the database published. An empty database
with a store that holds models, or an empty store with a database that lists versions, is never treated as a new home:
that would lose models, or report missing models as up to date.
"""

from dataclasses import dataclass

from coin_models.errors import HomeError, NotTogether, OtherMarket
from coin_models.home.market import MarketIdentity
from coin_models.home.records import HomeRecord

ADOPT = "`coin-models home adopt`"
REBUILD = "`coin-models home rebuild`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is looked at where a record is missing."""

    has_versions: bool  # the database has published versions
    has_their_objects: bool  # the store has the manifests of some of them
    has_models: bool  # the store has models, of this database or another


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What the sentences call the two places and the settings' market."""

    database: str
    store: str
    market: str


def check_market(expected: MarketIdentity, record: HomeRecord | None, where: str, names: Names) -> None:
    """The record, if there is one, is of the settings' market.

    Raises:
        OtherMarket: naming both.
    """
    if record is None or record.market == expected:
        return
    raise OtherMarket(
        f"{where} holds the market {record.market.name!r}, the settings name {names.market!r}: one home holds one market. "
        "Name another home (COIN_MODELS_HOME) or bucket for it, or correct the source; "
        f"if it is the same market from another source, {ADOPT} compares stored candles and records it"
    )


def check_ids(database: HomeRecord, store: HomeRecord, names: Names) -> None:
    """Both records have the same id.

    Raises:
        NotTogether: they have not.
    """
    if database.home_id == store.home_id:
        return
    was = f", which was {database.store_url}" if database.store_url else ""
    raise NotTogether(
        f"the database {names.database} belongs to another store{was}, not to {names.store} "
        f"(their ids are {database.home_id[:8]} and {store.home_id[:8]}): point database_url or store_url to the right "
        f"one; to use these two together, {ADOPT} joins them"
    )


def check_whole(database: HomeRecord | None, names: Names) -> None:
    """No rebuild of the database was interrupted, it was not moved, and nothing is being moved into it.

    Raises:
        NotTogether: it lists only a part of what the store has.
        HomeError: another database continues this home, or this one is to continue another.
    """
    if database is None:
        return
    if database.moved_to is not None:
        raise HomeError(
            f"this home moves, or has moved, to {database.moved_to}: use it there; a move that was interrupted is continued "
            f"by the same `coin-models home move`; to use this one again, and no longer that one, {ADOPT} takes the mark off"
        )
    if database.moved_from is not None:
        raise HomeError(
            f"the home in {database.moved_from} is being moved into the database {names.database}, and that is not finished: "
            "repeat `coin-models home move` there"
        )
    if database.is_rebuilding:
        raise NotTogether(
            f"the rebuild of the database {names.database} is not finished, and it lists only a part of what the store "
            f"{names.store} has: {REBUILD} finishes it"
        )


def check_evidence(store: HomeRecord | None, evidence: Evidence, names: Names) -> None:
    """Where at least one record is missing: nothing speaks against the two belonging together.

    Raises:
        NotTogether: one of them is empty and the other is not, or they hold different versions.
    """
    if evidence.has_versions and not evidence.has_their_objects:
        is_empty = store is None and not evidence.has_models
        what = "is empty" if is_empty else "has none of its models"
        raise NotTogether(
            f"the database {names.database} lists published models, and the store {names.store} {what}: point store_url "
            f"to the store that has them, or restore it; to replace it by this store, {ADOPT} joins them"
        )
    if not evidence.has_versions and (store is not None or evidence.has_models):
        holds = "has published models" if evidence.has_models else "belongs to another database"
        raise NotTogether(
            f"the store {names.store} {holds}, and the database {names.database} is empty: point database_url (or home) "
            f"to the database that lists them, or restore it; if it is lost, {REBUILD} makes it again from the store"
        )
