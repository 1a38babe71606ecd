"""Removes what dead runs leave behind, by one rule: nothing was written to it for `interruption.leftover_days`.

* Checkpoints, whole or not, set aside or not, local or in the store, of any day: by then their coins have been trained
  again or quarantined. A running cohort writes every few seconds.
* Weights and manifests without a registry row, of coin-days whose attempts were interrupted. An object that a row names is
  never touched. The coin-day's lease is held from before the rows are read until the objects are removed, so that no other
  session can publish in between.
* Expired leases. By then no suspended process can continue with one of their tokens.

Loads without torch.
"""

import logging
import uuid
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from coin_models.errors import CoinModelsError
from coin_models.operations.leases import coin_day_lease
from coin_models.pipeline.services import HIGH_WATER_MARKS, LOCAL_CHECKPOINTS, Services
from coin_models.registry.unreferenced import unreferenced
from coin_models.storage import keys
from coin_models.storage.object_store import ObjectStore

logger = logging.getLogger(__name__)

EVERY = timedelta(hours=6)
"""The first process to check, on any machine, cleans up; then none does for this long."""
_TURN = "sweep/leftovers"
_LOOKED_BACK = 4  # times leftover_days: older interrupted attempts have been cleaned up already


@dataclass(frozen=True, slots=True, kw_only=True)
class CleanupResult:
    """How many of each were removed."""

    num_days: int  # untouched for so long
    num_checkpoint_objects: int = 0
    num_model_objects: int = 0
    num_leases: int = 0

    @property
    def num_removed(self) -> int:
        """Of everything."""
        return self.num_checkpoint_objects + self.num_model_objects + self.num_leases

    def __str__(self) -> str:
        """One line for the tick, the log and the terminal."""
        counts = {
            "checkpoint object(s)": self.num_checkpoint_objects,
            "model object(s) without a version": self.num_model_objects,
            "lease(s)": self.num_leases,
        }
        removed = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
        return f"removed, unused for {self.num_days} days: {removed}" if removed else "nothing to remove"


def clean_up_if_due(services: Services) -> CleanupResult | None:
    """Cleans up if no process did within the last `EVERY`; None if one did, or if it failed.

    Tidying is no reason for a run to fail: an error is logged, and the rest is left to the next turn.
    """
    sweeper = f"sweep {uuid.uuid4().hex}"
    try:
        if not services.leases.acquire([_TURN], sweeper, lifetime=EVERY):
            return None
        swept = _sweep(services, sweeper)
    except CoinModelsError as error:
        logger.warning("cleanup failed, the next one is in %s: %s", EVERY, error)
        return None
    logger.info("cleanup: %s", swept)
    return swept


def _sweep(services: Services, sweeper: str) -> CleanupResult:
    num_days = services.settings.interruption.leftover_days
    age = timedelta(days=num_days)
    oldest = services.clock.now() - age
    _remove_high_water_marks(services.settings.home / LOCAL_CHECKPOINTS, oldest)
    return CleanupResult(
        num_days=num_days,
        num_checkpoint_objects=_sweep_checkpoints((services.store, services.local_checkpoints), oldest),
        num_model_objects=sum(_sweep_models(services, sweeper, oldest, since=oldest - (_LOOKED_BACK - 1) * age)),
        num_leases=services.leases.sweep(age),
    )


def _sweep_checkpoints(stores: Sequence[ObjectStore], oldest: datetime) -> int:
    num_removed = 0
    for store in stores:
        for info in store.list(keys.CHECKPOINTS):
            if info.modified < oldest:
                store.delete(info.key)
                num_removed += 1
    return num_removed


def _sweep_models(services: Services, sweeper: str, oldest: datetime, *, since: datetime) -> Iterator[int]:
    """Objects removed of each coin-day that was cut off; one that is in use is left to the next turn."""
    for coin, day in sorted(services.attempts.cut_off(since, oldest)):
        if not unreferenced(services.database, services.store, coin, day, before=oldest):
            continue  # the usual case, without taking a lease
        held = services.leases.acquire([coin_day_lease(coin, day)], sweeper)
        try:
            orphaned_keys = unreferenced(services.database, services.store, coin, day, before=oldest) if held else []
            for key in orphaned_keys:
                services.store.delete(key)
            yield len(orphaned_keys)
        finally:
            services.leases.release(held.values())


def _remove_high_water_marks(folder: Path, oldest: datetime) -> None:
    """How far fits got that were never resumed: eight bytes each, of this machine alone, so not worth a word."""
    for path in (folder / HIGH_WATER_MARKS).glob("*"):
        with suppress(FileNotFoundError):  # its cohort was published this moment
            if datetime.fromtimestamp(path.stat().st_mtime, UTC) < oldest:
                path.unlink()
