"""The chain of checkpoints of one cohort: written locally first, uploaded in the background, valid once the manifest
exists.

The order per store: state, then manifest, then older checkpoints are removed, manifest first. A kill between any two
leaves every checkpoint whole or without a manifest, which counts as absent. A checkpoint that cannot be read is set
aside (`.damaged`) with a message.
"""

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from coin_models.clock import Clock, SystemClock
from coin_models.errors import CheckpointDamaged, ObjectDamaged, ObjectNotFound, StoreError
from coin_models.settings.operations import InterruptionSettings
from coin_models.storage import keys
from coin_models.storage.local import LocalStore
from coin_models.storage.object_store import ObjectStore, sha256_hex
from coin_models.training.checkpoints.encoding import decode, encode
from coin_models.training.checkpoints.high_water_mark import HighWaterMark
from coin_models.training.checkpoints.manifest import CheckpointManifest, decode_manifest, encode_manifest
from coin_models.training.fit.state import FitState
from coin_models.training.fit.tasks import CohortTask

_logger = logging.getLogger(__name__)

_MANIFEST = "/manifest.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedCheckpoint:
    """A checkpoint on its way to the stores."""

    manifest: CheckpointManifest
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Restored:
    """A checkpoint that was read back: the state, and the arithmetics under which it came about, in order."""

    state: FitState
    arithmetic: tuple[str, ...]


class CheckpointChain:
    """The checkpoints of one cohort, in a folder of this machine and in the object store; `open_chain` makes one."""

    def __init__(
        self,
        store: ObjectStore,
        local: ObjectStore,
        high_water_mark: HighWaterMark,
        *,
        day: date,
        cohort_id: str,
        settings: InterruptionSettings,
        clock: Clock,
    ) -> None:
        self._store, self._local, self.high_water_mark = store, local, high_water_mark
        self._day, self._cohort_id, self._clock = day, cohort_id, clock
        self.settings = settings

    def packed(
        self, state: FitState, fingerprints: Mapping[str, str], arithmetic: tuple[str, ...] = ()
    ) -> PackedCheckpoint:
        """A host state as bytes, with its manifest."""
        data = encode(state)
        manifest = CheckpointManifest(
            day=self._day,
            cohort_id=self._cohort_id,
            step=state.step,
            fingerprints=dict(fingerprints),
            size=len(data),
            sha256=sha256_hex(data),
            saved_at=self._clock.now(),
            arithmetic=arithmetic,
        )
        return PackedCheckpoint(manifest=manifest, data=data)

    def save_locally(self, checkpoint: PackedCheckpoint) -> None:
        """Makes a checkpoint durable on this machine.

        Raises:
            StoreError: the folder did not take it; what was saved before is untouched.
        """
        self._write(self._local, checkpoint)

    def upload(self, checkpoint: PackedCheckpoint) -> None:
        """Makes a checkpoint outlive this machine.

        Raises:
            StoreError: the object store did not take it; what was uploaded before is untouched.
        """
        self._write(self._store, checkpoint)

    def newest_restorable(self) -> Restored | None:
        """The newest whole checkpoint of folder and store; None where there is none.

        Raises:
            StoreUnavailable: the object store could not be asked and the folder has none.
        """
        steps: list[tuple[int, ObjectStore]] = [(step, self._local) for step in self._steps(self._local)]
        try:
            steps += [(step, self._store) for step in self._steps(self._store)]
        except StoreError as error:
            if not steps:
                raise
            _logger.warning("the object store cannot list checkpoints; those on this machine are used: %s", error)
        for step, store in sorted(steps, key=lambda each: -each[0]):
            restored = self._restored(store, step)
            if restored is not None:
                return restored
        return None

    def discard(self) -> None:
        """Removes every checkpoint of the cohort, here and in the store: its coins are published.

        Raises:
            StoreError: a store failed; call again, or leave it to the cleanup.
        """
        for store in (self._local, self._store):
            _remove(store, keys.checkpoints_of_cohort(self._day, self._cohort_id))
        self.high_water_mark.remove()

    def _write(self, store: ObjectStore, checkpoint: PackedCheckpoint) -> None:
        manifest = checkpoint.manifest
        store.put(keys.checkpoint_state(self._day, self._cohort_id, manifest.step), checkpoint.data)
        store.put(keys.checkpoint_manifest(self._day, self._cohort_id, manifest.step), encode_manifest(manifest))
        for step in self._steps(store)[: -self.settings.checkpoints_kept]:
            store.delete(keys.checkpoint_manifest(self._day, self._cohort_id, step))
            store.delete(keys.checkpoint_state(self._day, self._cohort_id, step))

    def _steps(self, store: ObjectStore) -> list[int]:
        """Steps of the checkpoints that have a manifest, ascending."""
        return [_step_of(key) for key in _manifest_keys(store, keys.checkpoints_of_cohort(self._day, self._cohort_id))]

    def _restored(self, store: ObjectStore, step: int) -> Restored | None:
        try:
            return self._read(store, step)
        except (CheckpointDamaged, ObjectDamaged, ObjectNotFound) as error:
            _logger.warning(
                "checkpoint of step %d in %s is set aside and the previous one is used: %s", step, store.url, error
            )
            self._set_aside(store, step)
            return None

    def _read(self, store: ObjectStore, step: int) -> Restored:
        manifest = decode_manifest(store.get(keys.checkpoint_manifest(self._day, self._cohort_id, step)))
        if (manifest.cohort_id, manifest.step) != (self._cohort_id, step):
            raise CheckpointDamaged(f"its manifest names cohort {manifest.cohort_id}, step {manifest.step}")
        data = store.get(keys.checkpoint_state(self._day, self._cohort_id, step), sha256=manifest.sha256)
        return Restored(state=decode(data), arithmetic=manifest.arithmetic)

    def _set_aside(self, store: ObjectStore, step: int) -> None:
        """Keeps the bytes for inspection, under names that do not count."""
        for key in (
            keys.checkpoint_manifest(self._day, self._cohort_id, step),
            keys.checkpoint_state(self._day, self._cohort_id, step),
        ):
            try:
                store.put(f"{key}.damaged", store.get(key))
            except StoreError as error:
                _logger.info("%s could not be kept for inspection: %s", key, error)
            try:
                store.delete(key)
            except StoreError as error:
                _logger.warning("%s is damaged and could not be set aside: %s", key, error)


def open_chain(
    store: ObjectStore, home: Path, task: CohortTask, settings: InterruptionSettings, clock: Clock | None = None
) -> CheckpointChain:
    """The chain of a cohort, with this machine's folder under `home`."""
    return CheckpointChain(
        store,
        local_store(home),
        HighWaterMark(_local_root(home) / ".odometers" / cohort_id_of(task)),
        day=task.day,
        cohort_id=cohort_id_of(task),
        settings=settings,
        clock=clock or SystemClock(),
    )


def cohort_id_of(task: CohortTask) -> str:
    """Digest of the members' fingerprints, in order: the name of the cohort's checkpoints."""
    return hashlib.sha256("|".join(coin.fingerprint for coin in task.coins).encode()).hexdigest()[:32]


def local_store(home: Path) -> LocalStore:
    """The folder of this machine's checkpoints."""
    return LocalStore(_local_root(home))


def live_checkpoints(stores: Sequence[ObjectStore], day: date | None = None) -> list[CheckpointManifest]:
    """The newest checkpoint of each cohort that has one, in any of the stores; damaged manifests are passed over."""
    prefix = keys.CHECKPOINTS if day is None else keys.checkpoints_of_day(day)
    newest: dict[str, CheckpointManifest] = {}
    for store in stores:
        for manifest in _manifests(store, prefix):
            previous = newest.get(manifest.cohort_id)
            if previous is None or previous.step < manifest.step:
                newest[manifest.cohort_id] = manifest
    return sorted(newest.values(), key=lambda manifest: (manifest.day, manifest.cohort_id))


def _local_root(home: Path) -> Path:
    return home / "local_checkpoints"


def _manifests(store: ObjectStore, prefix: str) -> Iterator[CheckpointManifest]:
    for data in store.get_many(_manifest_keys(store, prefix)).values():
        try:
            yield decode_manifest(data)
        except CheckpointDamaged as error:
            _logger.warning("a checkpoint manifest in %s is ignored: %s", store.url, error)


def _manifest_keys(store: ObjectStore, prefix: str) -> list[str]:
    return [info.key for info in store.list(prefix) if info.key.endswith(_MANIFEST)]


def _step_of(manifest_key: str) -> int:
    return int(manifest_key.removesuffix(_MANIFEST).rpartition("/")[2])


def _remove(store: ObjectStore, prefix: str) -> None:
    """Deletes manifests before states, so that a kill on the way leaves no manifest without its state."""
    stored_keys = [info.key for info in store.list(prefix)]
    for key in sorted(stored_keys, key=lambda each: not each.endswith(_MANIFEST)):
        store.delete(key)
