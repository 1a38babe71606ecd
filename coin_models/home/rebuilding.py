"""The identity of a home while its database is made again from the store: who may begin, and that it is not finished.

The record is written first, with a mark that it is not finished, so that a killed rebuild is neither taken for a whole
home nor for another one. What is rebuilt is not this module's concern.
"""

from dataclasses import replace

from sqlalchemy import select

from coin_models.db.engine import Database
from coin_models.db.schema import model_versions
from coin_models.errors import HomeError, NotTogether
from coin_models.home.belonging import ADOPT, Names, check_market
from coin_models.home.market import market_of
from coin_models.home.opening import Home, has_database, no_home
from coin_models.home.records import HomeRecord, read_database_record, read_store_record, write_database_record
from coin_models.settings.root import Settings
from coin_models.storage import keys
from coin_models.storage.object_store import ObjectStore


def require_store(settings: Settings, store: ObjectStore) -> HomeRecord:
    """The record of the store that a database can be made from; looks at nothing else, and makes nothing.

    Raises:
        NoHome: there is neither a store nor a database.
        OtherMarket: it holds another market than the settings name.
        HomeError: it does not say which market it holds.
    """
    record = read_store_record(store)
    if record is None:
        if not has_database(settings) and not store.list(keys.MODELS):
            raise no_home(settings)
        raise HomeError(
            f"the store {store.url} has no {keys.IDENTITY}, which says the market and the home that it belongs to: point "
            f"store_url to the right one; a store of coin_models 0.1 has none, and {ADOPT} writes it"
        )
    market = market_of(settings)
    # The database is not opened for a market that is not its own.
    names = Names(database="", store=store.url, market=market.name_in(settings))
    check_market(market, record, store.url, names)
    return record


def begin_rebuild(home: Home, store: HomeRecord) -> None:
    """Makes the database the store's, with the mark that it is not finished; again after a kill, nothing changes.

    Raises:
        NotTogether: the database belongs to another store, or lists versions without saying to which home.
    """
    record = read_database_record(home.database)
    if record is not None and record.home_id != store.home_id:
        raise NotTogether(
            f"the database {home.database.url} belongs to another home ({record.home_id[:8]}) than the store "
            f"{home.store.url} ({store.home_id[:8]}): point database_url (or home) to an empty database"
        )
    if record is None and _has_versions(home.database):
        raise NotTogether(
            f"the database {home.database.url} lists versions, and does not say of which home: point database_url (or "
            f"home) to an empty database, or, if it belongs to {home.store.url}, {ADOPT} joins them first"
        )
    begun = replace(store, store_url=home.store.url, is_rebuilding=True)
    write_database_record(home.database, begun, replace=True)


def finish_rebuild(home: Home, store: HomeRecord) -> None:
    """Takes the mark off: the database lists all that the store has."""
    write_database_record(home.database, replace(store, store_url=home.store.url), replace=True)


def _has_versions(database: Database) -> bool:
    with database.read() as connection:
        return connection.execute(select(model_versions.c.id).limit(1)).first() is not None
