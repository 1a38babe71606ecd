"""Opens a home for a caller that only reads: a notebook, a script."""

from collections.abc import Iterator
from contextlib import contextmanager

from coin_models.clock import SystemClock
from coin_models.db.engine import Database
from coin_models.db.opening import open_database
from coin_models.home.opening import Home, check_home, require_home
from coin_models.market.sources.factory import build_source
from coin_models.settings.root import Settings
from coin_models.storage.factory import build_store
from coin_models.storage.object_store import ObjectStore


@contextmanager
def opened(settings: Settings) -> Iterator[tuple[Database, ObjectStore]]:
    """Database and store of the home that the settings name, closed at the end.

    Raises:
        HomeError: there is no home where the settings say, or it holds another market.
    """
    require_home(settings)
    database, store = open_database(settings), build_store(settings)
    try:
        home = Home(settings=settings, database=database, store=store)
        check_home(home, may_write=False, source=lambda: build_source(settings, SystemClock()))
        yield database, store
    finally:
        database.close()
