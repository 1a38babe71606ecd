"""Opens a home: it exists, it holds the settings' market, and its database and store belong together.

The store is read before the database, and at creation the database is written before the store: a process that sees a
store's record also sees that of its database, and of two simultaneous first runs the conditional put lets one win.
"""

import logging
import os
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy import select

from coin_models.clock import SystemClock
from coin_models.db.engine import Database
from coin_models.db.migrate import current_revision
from coin_models.db.opening import open_database
from coin_models.db.schema import model_versions
from coin_models.errors import HomeError, NoHome, ObjectNotFound, OtherMarket, SourceUnavailable, StoreUnavailable
from coin_models.home.belonging import Evidence, Names, check_evidence, check_ids, check_market, check_whole
from coin_models.home.likeness import find_contradiction
from coin_models.home.market import market_of
from coin_models.home.records import (
    HomeRecord,
    read_database_record,
    read_store_record,
    write_database_record,
    write_store_record,
)
from coin_models.market.source import CandleSource
from coin_models.market.store import CandleStore
from coin_models.market.timeframe import parse_timeframe
from coin_models.market.universe import resolve_universe
from coin_models.settings.root import Settings
from coin_models.storage import keys
from coin_models.storage.factory import build_store
from coin_models.storage.object_store import ObjectStore

_logger = logging.getLogger(__name__)

READ_PATIENCE_SECONDS = 3.0
"""How long a command that only reads waits for an unavailable store, before it continues without its record."""
_SAMPLE = 3  # manifests that are looked for in the store


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """The two places of a home, opened."""

    settings: Settings
    database: Database
    store: ObjectStore

    @property
    def names(self) -> Names:
        """What sentences call them."""
        market = market_of(self.settings).name_in(self.settings)
        return Names(database=self.database.url, store=self.store.url, market=market)


def require_home(settings: Settings, store: ObjectStore | None = None) -> None:
    """There is a home where the settings say; looking makes none.

    Args:
        settings: where it is.
        store: its store; None: the settings', asked for a few seconds.

    Raises:
        NoHome: there is neither a database nor a store.
        NotTogether: there is a store with models, and no database.
    """
    if has_database(settings):
        return
    store = store or build_store(settings, patience_seconds=READ_PATIENCE_SECONDS)
    database = str(settings.home / "coin_models.db") if settings.database_url is None else "of database_url"
    names = Names(database=database, store=store.url, market=market_of(settings).name_in(settings))
    record, has_models = read_store_record(store), bool(store.list(keys.MODELS))
    if (record is not None or has_models) and has_database(settings):
        return  # a first run made both since the database was looked at
    evidence = Evidence(has_versions=False, has_their_objects=False, has_models=has_models)
    check_evidence(record, evidence, names)
    raise no_home(settings)


def require_parts(settings: Settings) -> None:
    """There is a database or a store, so that there is something to adopt.

    Raises:
        NoHome: there is neither.
    """
    store = build_store(settings, patience_seconds=READ_PATIENCE_SECONDS)
    if not has_database(settings) and not _has(store, keys.IDENTITY) and not store.list(keys.MODELS):
        raise no_home(settings)


def no_home(settings: Settings) -> NoHome:
    """The error of a command that only reads, where nothing was trained."""
    above = next((folder for folder in settings.home.parents if folder.exists()), settings.home)
    if not above.is_dir():
        return NoHome(
            f"could not create the home folder {settings.home}: {above} is a file; name another with COIN_MODELS_HOME"
        )
    if not os.access(above, os.W_OK | os.X_OK, effective_ids=True):
        return NoHome(
            f"could not create the home folder {settings.home}: {above} cannot be written by this user; change its "
            "permissions, or name another with COIN_MODELS_HOME"
        )
    return NoHome(
        f"no home at {settings.home}: nothing was trained there yet. `coin-models retrain` makes one; if yours is "
        "elsewhere, name it with COIN_MODELS_HOME or go to the folder of its coin_models.toml"
    )


def check_home(home: Home, *, may_write: bool, source: Callable[[], CandleSource]) -> None:
    """Database, store and the settings' market belong together; writes what is missing of the records, if it may.

    Raises:
        OtherMarket: the home holds another market.
        NotTogether: database and store are not of one home.
    """
    try:
        in_store = read_store_record(home.store)
    except StoreUnavailable as error:
        if may_write:
            raise
        _logger.warning("cannot read which market the store holds: %s", error)
        in_database = read_database_record(home.database)
        check_market(market_of(home.settings), in_database, "the database", home.names)
        check_whole(in_database, home.names)
        return
    in_database = read_database_record(home.database)
    check_whole(in_database, home.names)
    _check(home, in_database, in_store)
    if may_write and (in_database is None or in_store is None):
        _complete(home, in_database, in_store, source)


def adopt(home: Home, source: Callable[[], CandleSource]) -> list[str]:
    """Joins database and store, and writes the settings' market into both; returns what it did, a sentence each.

    Raises:
        OtherMarket: the stored candles are not those of the settings' source.
        SourceUnavailable: the source cannot be asked whether they are.
    """
    market, evidence = market_of(home.settings), _evidence(home)
    _refuse_other_candles(home, source)
    try:
        in_store = read_store_record(home.store)
    except HomeError:  # damaged: it is written again
        in_store = None
    in_database = read_database_record(home.database)
    existing = in_store or in_database
    home_id = existing.home_id if existing else uuid.uuid4().hex
    record = HomeRecord(home_id=home_id, market=market, store_url=home.store.url)
    write_database_record(home.database, record, replace=True)
    write_store_record(home.store, record, replace=True)
    done = [f"{home.database.url} and {home.store.url} are one home now, {home_id[:8]}"]
    before = next((one.market.name for one in (in_store, in_database) if one and one.market != market), None)
    done.append(f"market: {home.names.market}" + (f" (before: {before})" if before else ""))
    if evidence.has_versions and not evidence.has_their_objects:
        done.append("the database lists models that the store lacks: `coin-models models verify` names them")
    if evidence.has_models and not evidence.has_versions:
        done.append("the store has models that the database does not list: `coin-models home rebuild` lists them again")
    return done


def _check(home: Home, in_database: HomeRecord | None, in_store: HomeRecord | None) -> None:
    expected, names = market_of(home.settings), home.names
    check_market(expected, in_store, names.store, names)
    if in_database is not None and in_store is not None:
        check_ids(in_database, in_store, names)
    check_market(expected, in_database, names.database, names)
    if in_database is None or in_store is None:
        check_evidence(in_store, _evidence(home), names)


def _complete(
    home: Home, in_database: HomeRecord | None, in_store: HomeRecord | None, source: Callable[[], CandleSource]
) -> None:
    existing = in_store or in_database
    if existing is None:
        try:
            _refuse_other_candles(home, source)
        except SourceUnavailable as error:
            _logger.warning("the market of this home is recorded when the source answers: %s", error)
            return
        if _sample_manifests(home.database):
            _logger.warning(
                "this home was made by coin_models 0.1; from now on it holds the market %s", home.names.market
            )
    record = existing or HomeRecord(home_id=uuid.uuid4().hex, market=market_of(home.settings))
    written = write_database_record(home.database, replace(record, store_url=home.store.url))
    _check(home, written, write_store_record(home.store, written))


def _refuse_other_candles(home: Home, source: Callable[[], CandleSource]) -> None:
    candles = CandleStore(home.store, home.database, parse_timeframe(home.settings.timeframe), SystemClock())
    contradiction = find_contradiction(candles, source, resolve_universe(home.settings))
    if contradiction is not None:
        raise OtherMarket(
            f"{home.store.url} holds candles of another market than {home.names.market!r}, which the settings name: "
            f"{contradiction}. Name another home (COIN_MODELS_HOME) or bucket for it, or correct the source"
        )


def _evidence(home: Home) -> Evidence:
    sample = _sample_manifests(home.database)
    has_objects = bool(sample) and any(_has(home.store, key) for key in sample)
    # Listing models of a big store takes a while; where a version's manifest is there, it need not be asked.
    has_models = has_objects or bool(home.store.list(keys.MODELS))
    return Evidence(has_versions=bool(sample), has_their_objects=has_objects, has_models=has_models)


def _sample_manifests(database: Database) -> list[str]:
    """The manifests of the newest versions, and of the oldest: a lost object must not speak for all."""
    column, created = model_versions.c.manifest_key, model_versions.c.created_at
    with database.read() as connection:
        newest = connection.execute(select(column).order_by(created.desc()).limit(_SAMPLE - 1)).scalars().all()
        oldest = connection.execute(select(column).order_by(created).limit(1)).scalars().all()
    return list(dict.fromkeys([*newest, *oldest]))


def _is_file(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as error:
        raise HomeError(
            f"could not look into the home {path.parent}: {error.strerror}; check its permissions"
        ) from error


def _has(store: ObjectStore, key: str) -> bool:
    try:
        store.get(key)
    except ObjectNotFound:
        return False
    return True


def has_database(settings: Settings, *, patience_seconds: float | None = None) -> bool:
    """Whether the database is there, with our tables; looking creates nothing. Waits as `open_database` does."""
    if settings.database_url is None and not _is_file(settings.home / "coin_models.db"):
        return False
    database = open_database(settings, migrate=False, patience_seconds=patience_seconds)
    try:
        with database.read() as connection:
            return current_revision(connection) is not None
    finally:
        database.close()
