"""Makes the rows of `model_versions` again from the manifests in the store: same ids, digests and parents.

A manifest says all of its row but what only the fit's session knew: who published it, seconds and steps. Weights are
looked for, not read: `coin-models models verify` reads them. Whatever interrupts this, the rows that are there are
whole, a parent's before its children's, and the next call adds the others.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Final

from sqlalchemy import Connection, select

from coin_models.db.engine import Database
from coin_models.db.schema import model_versions
from coin_models.db.upsert import insert_for
from coin_models.errors import ModelDamaged, StoreRefused
from coin_models.registry.bundle import Manifest
from coin_models.registry.fingerprint import settings_digest
from coin_models.registry.versions import ModelVersion, version_of_manifest
from coin_models.storage import keys
from coin_models.storage.object_store import ObjectInfo, ObjectStore
from coin_models.storage.reading import read_each

AT_ONCE: Final = 500
"""Manifests that are read, and versions that are written in one transaction: 6 MB."""

OnProgress = Callable[[int, int], None]
"""Called as `progress(done, total)`."""


@dataclass(slots=True, kw_only=True)
class RebuiltVersions:
    """What was found in the store and written into the database."""

    num_added: int = 0
    num_existing: int = 0  # listed before
    left_out: dict[str, str] = field(default_factory=dict)  # by key of the manifest, why
    without_parent: dict[str, str] = field(default_factory=dict)  # by version, its parent, which is left out


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stored:
    """What the store has of one version."""

    manifests: Sequence[ObjectInfo]
    others: frozenset[str]  # keys, among them those of weights


def rebuild_versions(
    database: Database, store: ObjectStore, progress: OnProgress, *, at_once: int = AT_ONCE
) -> RebuiltVersions:
    """Adds the versions that the store has and the database does not list.

    Of several manifests of one fingerprint the newest counts whose bytes and weights are there.

    Raises:
        StoreError, DatabaseError: calling it again continues.
    """
    result = RebuiltVersions()
    ids, prefixes = _listed(database)
    stored = _stored_versions(store.list(keys.MODELS))
    wanted = [version for prefix, version in stored.items() if prefix not in prefixes]
    result.num_existing = len(stored) - len(wanted)
    for start in range(0, len(wanted), at_once):
        progress(start, len(wanted))
        versions = list(_read(store, wanted[start : start + at_once], result))
        rows = [_with_known_parent(version, ids, result) for version in versions]
        database.transact(lambda connection, rows=rows: _insert(connection, rows))  # type: ignore[misc]
        result.num_added += len(rows)
    progress(len(wanted), len(wanted))
    return result


def _listed(database: Database) -> tuple[set[str], set[str]]:
    """Of the versions that the database lists, the ids and the prefixes of their objects."""
    query = select(model_versions.c.id, model_versions.c.manifest_key)
    with database.read() as connection:
        rows = connection.execute(query).all()
    return {row.id for row in rows}, {row.manifest_key.rpartition("/")[0] for row in rows}


def _stored_versions(objects: Sequence[ObjectInfo]) -> dict[str, _Stored]:
    """By prefix, what has a manifest; in the order of keys, so that of each coin the parents, which are older, come first.

    Weights alone are what a kill left of a publication.
    """
    stored = {}
    for prefix, group in groupby(objects, key=lambda info: info.key.rpartition("/")[0]):
        infos = list(group)
        manifests = [info for info in infos if keys.is_manifest(info.key)]
        if manifests:
            others = frozenset(info.key for info in infos if not keys.is_manifest(info.key))
            stored[prefix] = _Stored(manifests=manifests, others=others)
    return stored


def _read(store: ObjectStore, stored: Sequence[_Stored], result: RebuiltVersions) -> Iterator[ModelVersion]:
    """The version that counts of each that has one; what is left out is noted."""
    data, problems = read_each(store, [info.key for one in stored for info in one.manifests])
    for one in stored:
        candidates = []
        for info in one.manifests:
            version = _checked(info.key, data.get(info.key), problems.get(info.key), one.others)
            if isinstance(version, str):
                result.left_out[info.key] = version
            else:
                candidates.append((version.created_at, info.modified, info.key, version))
        if candidates:
            yield max(candidates, key=lambda candidate: candidate[:3])[-1]


def _checked(key: str, data: bytes | None, problem: str | None, others: frozenset[str]) -> ModelVersion | str:
    """The version of a manifest, or why there is none."""
    if data is None:
        return problem or "it cannot be read"
    try:
        manifest = Manifest.decode(data)
        version = version_of_manifest(manifest, data)
    except (ModelDamaged, StoreRefused) as error:
        return f"it is damaged: {error}"
    if version.manifest_key != key:
        return f"it is damaged: its bytes belong under {version.manifest_key}"
    if version.weights_key not in others:
        return f"its weights {version.weights_key} are not in the store"
    if not manifest.arithmetic:  # of coin_models 0.1, which knew neither of the digests
        return replace(version, candle_digest=None)
    architecture = manifest.architecture.to_json()
    return replace(version, settings_digest=settings_digest(architecture, manifest.settings, manifest.max_fill_candles))


def _with_known_parent(version: ModelVersion, ids: set[str], result: RebuiltVersions) -> ModelVersion:
    ids.add(version.id)
    if version.parent_id is None or version.parent_id in ids:
        return version
    result.without_parent[version.id] = version.parent_id
    return replace(version, parent_id=None)


def _insert(connection: Connection, versions: Sequence[ModelVersion]) -> None:
    if versions:
        rows = [{name: getattr(version, name) for name in ModelVersion.__dataclass_fields__} for version in versions]
        connection.execute(insert_for(connection, model_versions).on_conflict_do_nothing(), rows)
