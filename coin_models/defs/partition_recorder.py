"""A step's daybook: what Dagster is told of each day, at once when the day's work on a coin is done.

A run serves one trading day or a range of them, in one way: the step goes through its days, oldest first, and records
each (asset, day) as its own materialization the moment it is finished, so that a kill right after loses nothing. The
step's outputs come at the end and are withheld (outputs.py): their materializations are there already.
docs/adr/0070 has the alternatives and the figures.

Belongs here: recording, failures and checks of a step over its days. Not here: what a day's work is (daily/).
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any

from dagster import (
    AssetCheckKey,
    AssetCheckResult,
    AssetCheckSeverity,
    AssetExecutionContext,
    AssetKey,
    AssetMaterialization,
    Output,
)
from dagster._core.definitions.data_version import DATA_VERSION_IS_USER_PROVIDED_TAG, DATA_VERSION_TAG

from coin_models.defs.outputs import fail_with_summary, withheld
from coin_models.defs.partitions import partition_key
from coin_models.defs.runs import span
from coin_models.errors import Deferred, LeaseLost

WHOLE_DAY, PUT_OFF = (
    "the whole day",
    "put off",
)  # in the place of a coin: nothing came of the day, or it was left for later


class PartitionRecorder:
    """Kept by one step of one run."""

    def __init__(self, context: AssetExecutionContext) -> None:
        self._context = context
        self._failures: dict[str, str] = {}
        self._checked: dict[AssetCheckKey, dict[date, AssetCheckResult]] = {}
        self.days = sorted(date.fromisoformat(key) for key in context.partition_keys)

    def record(self, key: AssetKey, day: date, metadata: Mapping[str, Any], *, version: str | None = None) -> None:
        """Tells Dagster that the asset's partition is there; `version` is a digest of its content, the data version."""
        tags = {DATA_VERSION_TAG: version, DATA_VERSION_IS_USER_PROVIDED_TAG: "true"} if version else {}
        self._context.log_event(
            AssetMaterialization(key, partition=partition_key(day), metadata={**metadata}, tags=tags)
        )

    def check(self, day: date, results: Iterable[AssetCheckResult]) -> None:
        """Notes what the checks found on a day; those that the run was not asked for are left out."""
        wanted = self._context.selected_asset_check_keys
        for result in results:
            if result.asset_key is None or result.check_name is None:
                raise ValueError(f"a check result must name its asset and its check: {result}")
            key = AssetCheckKey(result.asset_key, result.check_name)
            if key in wanted:
                self._checked.setdefault(key, {})[day] = result

    def failed(self, who: str, day: date, reason: str) -> None:
        """Notes that nothing came of the day for a coin (or, for an asset of the day, at all)."""
        self._failures[who if self.days == [day] else f"{who} of {day}"] = reason

    @contextmanager
    def on(self, day: date) -> Iterator[None]:
        """Keeps a day's trouble to the day: the ones after it are worked on all the same.

        A lost lease and a admission that lets nothing more through concern them too, and pass.
        """
        try:
            yield
        except (LeaseLost, Deferred):
            raise
        except Exception as error:
            self._context.log.exception(f"{day} failed")
            self.failed(WHOLE_DAY, day, f"{type(error).__name__}: {error}")

    def close(self) -> Iterator[Output[Any] | AssetCheckResult]:
        """Yields the step's outputs and the checks' results, then fails the step if anything failed."""
        for key in sorted(self._context.selected_asset_keys):
            yield withheld(self._context.assets_def.get_output_name_for_asset_key(key))
        yield from (_over_days(key, found) for key, found in self._checked.items())
        fail_with_summary(self._failures, f"{self._context.op_def.name} of {span(self.days)}")


def _over_days(key: AssetCheckKey, found: Mapping[date, AssetCheckResult]) -> AssetCheckResult:
    """One result for the run: Dagster keeps one per check and run. It passed where every day did, and names those not."""
    if len(found) == 1:
        return next(iter(found.values()))
    bad = {day: result for day, result in found.items() if not result.passed}
    said = [f"{day}: {_reason(result)}" for day, result in bad.items()]
    newest = max(found)
    is_error = any(result.severity is AssetCheckSeverity.ERROR for result in bad.values())
    return AssetCheckResult(
        asset_key=key.asset_key,
        check_name=key.name,
        passed=not bad,
        severity=AssetCheckSeverity.ERROR if is_error else AssetCheckSeverity.WARN,
        metadata={
            **found[newest].metadata,
            "reason": "; ".join(said) if bad else f"{newest}: {_reason(found[newest])}",
            "num_days": len(found),
            "num_days_not_passed": len(bad),
        },
    )


def _reason(result: AssetCheckResult) -> object:
    reason = result.metadata.get("reason")
    return getattr(reason, "value", reason)
