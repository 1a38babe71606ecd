"""The registry of model versions: publishes, finds, loads and verifies them.

A version exists when its row does. A kill before that leaves objects without a row. Publishing again writes the same
weights under the same key: nothing needs to be cleaned up or trained again. Keys contain the digest of their bytes, so
a publisher that resumes too late cannot overwrite what another has published meanwhile. Leases are checked here, not
acquired.
"""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from datetime import date

from sqlalchemy import Connection, Select, bindparam, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from coin_models.db.engine import Database
from coin_models.db.lease import LeaseToken, require_held
from coin_models.db.schema import model_versions
from coin_models.errors import CoinModelsError, ModelDamaged, ObjectDamaged, ObjectNotFound, RegistryError
from coin_models.registry.bundle import Bundle, decode_bundle
from coin_models.registry.forecast import LoadedModel
from coin_models.registry.versions import ModelVersion, Problem, Publication, version_of
from coin_models.storage.object_store import ObjectStore

_logger = logging.getLogger(__name__)
_CONCURRENCY = 8
_COLUMNS = model_versions.c
_FIND = select(model_versions).where(
    _COLUMNS.coin == bindparam("coin"),
    _COLUMNS.day == bindparam("day"),
    _COLUMNS.fingerprint == bindparam("fingerprint"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded:
    """A publication whose weights and manifest are in the store; it exists once its row does."""

    publication: Publication
    repair: bool  # a row exists, and its objects are damaged


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """The result of publishing several coins, each independent of the others."""

    versions: dict[str, ModelVersion]  # by coin
    failures: dict[str, CoinModelsError]  # by coin


class Registry:
    """Model versions: rows in the database, bundles in the object store."""

    def __init__(self, database: Database, store: ObjectStore) -> None:
        self._database = database
        self._store = store

    def publish(
        self,
        bundle: Bundle,
        *,
        lease: LeaseToken | None,
        session_id: str | None = None,
        resumed: bool = False,
        fit_seconds: float = 0.0,
        num_steps: int = 0,
    ) -> ModelVersion:
        """Publishes one bundle; returns the stored version, the earlier one when the fingerprint is published already.

        Args:
            bundle: weights and manifest.
            lease: checked in the row's transaction; None where no other session can publish.
            session_id: who publishes.
            resumed: the fit was interrupted and resumed.
            fit_seconds: what the fit took.
            num_steps: optimiser steps of the fit.

        Raises:
            LeaseLost: another session holds the coin-day now; nothing was committed.
            StoreError, DatabaseError: nothing was committed, or, when the connection broke during the commit, perhaps
                it was. Publishing again is safe.
        """
        publication = Publication(
            bundle=bundle,
            lease=lease,
            session_id=session_id,
            resumed=resumed,
            fit_seconds=fit_seconds,
            num_steps=num_steps,
        )
        return self.commit(self.upload(publication))

    def publish_many(
        self, publications: Sequence[Publication], commit: Callable[[Uploaded], ModelVersion] | None = None
    ) -> Published:
        """Publishes coins, objects concurrently; each coin's row is committed as soon as its objects are there.

        `commit` is called in place of our own: Dagster's I/O manager is put in between by it.
        """
        versions: dict[str, ModelVersion] = {}
        failures: dict[str, CoinModelsError] = {}
        with ThreadPoolExecutor(_CONCURRENCY, thread_name_prefix="publish") as pool:
            waiting: dict[Future[Uploaded], str] = {
                pool.submit(self.upload, publication): publication.manifest.coin for publication in publications
            }
            for future in as_completed(waiting):
                coin = waiting[future]
                try:
                    versions[coin] = (commit or self.commit)(future.result())
                except CoinModelsError as error:
                    failures[coin] = error
        return Published(versions=versions, failures=failures)

    def find(self, coin: str, day: date, fingerprint: str) -> ModelVersion | None:
        """The version with that fingerprint, if it is published."""
        with self._database.read() as connection:
            return _find(connection, coin, day, fingerprint)

    def version(self, version_id: str) -> ModelVersion:
        """The version of that id.

        Raises:
            RegistryError: there is none.
        """
        versions = self._select(select(model_versions).where(model_versions.c.id == version_id))
        if not versions:
            raise RegistryError(f"no model version {version_id!r}; `coin-models models list` shows the published ones")
        return versions[0]

    def versions(self, coin: str | None = None, day: date | None = None) -> list[ModelVersion]:
        """Published versions, newest day first, then newest first; of one coin, of one day, or all."""
        query = select(model_versions)
        if coin is not None:
            query = query.where(model_versions.c.coin == coin)
        if day is not None:
            query = query.where(model_versions.c.day == day)
        return self._select(
            query.order_by(model_versions.c.day.desc(), model_versions.c.coin, model_versions.c.created_at.desc())
        )

    def named(self, version_ids: Collection[str]) -> list[ModelVersion]:
        """The versions of these ids that are published, in one query."""
        return self._select(select(model_versions).where(model_versions.c.id.in_(version_ids)))

    def newest(self, coins: Collection[str]) -> dict[str, ModelVersion]:
        """The newest version of each of these coins that has one, in one query: of its newest day the last published."""
        columns = model_versions.c
        day = func.max(columns.day).label("day")
        last = select(columns.coin, day).where(columns.coin.in_(coins)).group_by(columns.coin).subquery()
        query = select(model_versions).join(last, (last.c.coin == columns.coin) & (last.c.day == columns.day))
        return {version.coin: version for version in self._select(query.order_by(columns.created_at))}

    def between(self, coins: Sequence[str], first: date, last: date) -> list[ModelVersion]:
        """Versions of these coins on the days `first` to `last`; oldest day first, then in the order of publishing."""
        columns = model_versions.c
        query = select(model_versions).where(columns.day.between(first, last), columns.coin.in_(coins))
        return self._select(query.order_by(columns.day, columns.created_at, columns.id))

    def load(self, version: ModelVersion) -> LoadedModel:
        """The model, ready to forecast; raises as `bundle`."""
        return LoadedModel(bundle=self.bundle(version), version_id=version.id)

    def bundle(self, version: ModelVersion) -> Bundle:
        """Weights and manifest of a version, every byte checked.

        Raises:
            ModelDamaged: an object is gone, or its bytes are not those that were published.
        """
        try:
            manifest = self._store.get(version.manifest_key, sha256=version.manifest_sha256)
            weights = self._store.get(version.weights_key)  # the manifest holds their digest
            return decode_bundle(manifest, weights)
        except (ObjectNotFound, ObjectDamaged, ModelDamaged) as error:
            raise ModelDamaged(
                f"model version {version.id} cannot be loaded: {error}; "
                f"`coin-models retrain --day {version.day} --coins {version.coin} --force` retrains it"
            ) from error

    def verify(
        self,
        versions: Iterable[ModelVersion] | None = None,
        progress: Callable[[int], object] = lambda _number: None,
    ) -> Iterator[Problem]:
        """Recomputes every checksum of these versions, of all when None; yields what is wrong.

        `progress` is called with the number of versions looked at, after each.
        """
        chosen = list(self.versions() if versions is None else versions)
        with ThreadPoolExecutor(_CONCURRENCY, thread_name_prefix="verify") as pool:
            for number, problem in enumerate(pool.map(self._problem, chosen), start=1):
                progress(number)
                if problem is not None:
                    yield problem

    def _problem(self, version: ModelVersion) -> Problem | None:
        try:
            manifest = self.bundle(version).manifest
        except ModelDamaged as error:
            return Problem(version_id=version.id, reason=str(error))
        if (manifest.coin, manifest.day, manifest.fingerprint) != (version.coin, version.day, version.fingerprint):
            return Problem(version_id=version.id, reason=f"manifest is of {manifest.coin}, {manifest.day}")
        return None

    def upload(self, publication: Publication) -> Uploaded:
        """Stores weights, then manifest: harmless alone, since keys hold the digest of their bytes."""
        version = publication.version()
        self._store.put(version.weights_key, publication.bundle.encoded_weights)
        self._store.put(version.manifest_key, publication.manifest.encode())
        stored = self.find(version.coin, version.day, version.fingerprint)
        return Uploaded(publication=publication, repair=stored is not None and self._problem(stored) is not None)

    def commit(self, uploaded: Uploaded) -> ModelVersion:
        """Writes the row, and so publishes what was uploaded; raises as `publish`."""
        return self._database.transact(lambda connection: self._write_row(connection, uploaded))

    def _write_row(self, connection: Connection, uploaded: Uploaded) -> ModelVersion:
        publication = uploaded.publication
        if publication.lease is not None:
            require_held(connection, publication.lease)
        wanted = publication.version()
        stored = _insert_or_find(connection, wanted)
        if stored is None:
            return wanted
        if uploaded.repair:
            connection.execute(update(model_versions).where(model_versions.c.id == stored.id).values(**asdict(wanted)))
            _logger.warning("damaged version published again", extra={"version": stored.id})
            return wanted
        if stored.weights_sha256 != wanted.weights_sha256:
            # Equal fingerprints give equal weights on one machine type; another may round otherwise. The first counts.
            _logger.warning(
                "already published with other weights; the first ones are kept",
                extra={"version": stored.id, "stored": stored.weights_sha256, "offered": wanted.weights_sha256},
            )
        return stored

    def _select(self, query: Select[tuple[object, ...]]) -> list[ModelVersion]:
        with self._database.read() as connection:
            return [version_of(row) for row in connection.execute(query)]


def _insert_or_find(connection: Connection, wanted: ModelVersion) -> ModelVersion | None:
    """Inserts the row and returns None, or returns the existing row."""
    stored = _find(connection, wanted.coin, wanted.day, wanted.fingerprint)
    if stored is not None:
        return stored
    try:
        with connection.begin_nested():
            connection.execute(insert(model_versions).values(**asdict(wanted)))
    except IntegrityError:
        stored = _find(connection, wanted.coin, wanted.day, wanted.fingerprint)
        if stored is None:  # no other session was quicker: the parent is not published
            raise
    return stored


def _find(connection: Connection, coin: str, day: date, fingerprint: str) -> ModelVersion | None:
    row = connection.execute(_FIND, {"coin": coin, "day": day, "fingerprint": fingerprint}).one_or_none()
    return None if row is None else version_of(row)
