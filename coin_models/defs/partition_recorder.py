"""Records each day of a step in Dagster as soon as the day's work on a coin is done.

Every (asset, day) is a materialization of its own, logged at once: a kill right after loses nothing. A check of a range of
days has one result: it passed if it passed on every day. docs/adr/0070 has the figures.
"""

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Any

from dagster import (
    AssetCheckEvaluation,
    AssetCheckKey,
    AssetCheckResult,
    AssetCheckSeverity,
    AssetExecutionContext,
    AssetKey,
    AssetMaterialization,
    Failure,
)

from coin_models.defs.partitions import partition_key
from coin_models.defs.runs import span
from coin_models.errors import Deferred, Interrupted, LeaseLost
from coin_models.pipeline.worker import Worker

# Tags by which Dagster knows the version of what is there (its docs: "Asset versioning and caching").
_DATA_VERSION, _BY_USER = "dagster/data_version", "dagster/data_version_is_user_provided"
_CODE_VERSION = "dagster/code_version"
_REASONS_SHOWN = 25
WHOLE_DAY = "the whole day"


class PartitionRecorder:
    """Kept by one step of one run."""

    def __init__(self, context: AssetExecutionContext, worker: Worker) -> None:
        self._context = context
        self._worker = worker
        self._failures: dict[str, str] = {}
        self._checked: dict[AssetCheckKey, dict[date, AssetCheckResult]] = {}
        self.days = sorted(date.fromisoformat(key) for key in context.partition_keys)

    def record(self, key: AssetKey, day: date, metadata: Mapping[str, Any], *, version: str | None = None) -> None:
        """Tells Dagster that the asset's partition is there; `version` is a digest of its content, the data version."""
        tags = {_DATA_VERSION: version, _BY_USER: "true"} if version else {}
        code_version = self._context.assets_def.specs_by_key[key].code_version
        if code_version is not None:
            tags[_CODE_VERSION] = code_version
        self._context.log_event(
            AssetMaterialization(key, partition=partition_key(day), metadata={**metadata}, tags=tags)
        )

    def check(self, day: date, results: Iterable[AssetCheckResult]) -> None:
        """Notes what the checks found on a day; those outside the run's selection are left out."""
        wanted = self._context.selected_asset_check_keys
        for result in results:
            if result.asset_key is None or result.check_name is None:
                raise ValueError(f"a check result must name its asset and its check: {result}")
            key = AssetCheckKey(result.asset_key, result.check_name)
            if key in wanted:
                self._checked.setdefault(key, {})[day] = result

    def failed(self, who: str, day: date, reason: str, *, kind: str | None = None) -> None:
        """Records that the day failed for a coin (or, for an asset of the day, as a whole).

        `kind` names what failed where the coin's outcome does not include it, such as its shadow trades.
        """
        self._failures[who if self.days == [day] else f"{who} of {day}"] = reason
        if kind is not None:
            self._worker.failures[kind if who == WHOLE_DAY else f"{kind} of {who}", day] = reason

    @contextmanager
    def on(self, day: date, kind: str) -> Iterator[None]:
        """Records an error of a day; the days after it are still made.

        A lost lease, a notice and an admission that lets nothing more through concern that too, and pass.
        """
        began = time.monotonic()
        try:
            yield
        except (LeaseLost, Deferred, Interrupted):
            raise
        except Exception as error:
            self._context.log.exception(f"{kind} of {day} failed")
            self.failed(WHOLE_DAY, day, f"{type(error).__name__}: {error}", kind=kind)
        finally:
            seconds = self._worker.day_seconds
            seconds[day] = seconds.get(day, 0.0) + time.monotonic() - began

    def close(self) -> None:
        """Logs the checks' results, then fails the step if anything failed, without a retry by Dagster.

        Retries are the resume sensor's: it counts attempts per coin, and Dagster's per step would train the well ones again.
        """
        for key, results in self._checked.items():
            partition = partition_key(self.days[0]) if len(self.days) == 1 else None
            self._context.log_event(_evaluation(key, _over_days(key, results), partition))
        if self._failures:
            raise Failure(_summary(self._failures, span(self.days)), allow_retries=False)


def _summary(failures: Mapping[str, str], days: str) -> str:
    reasons = "; ".join(f"{who}: {reason}" for who, reason in list(failures.items())[:_REASONS_SHOWN])
    if len(failures) > _REASONS_SHOWN:
        reasons += f"; and {len(failures) - _REASONS_SHOWN} more"
    return f"{days}: {len(failures)} failed, the others are kept. {reasons}"


def _evaluation(key: AssetCheckKey, result: AssetCheckResult, partition: str | None) -> AssetCheckEvaluation:
    """What was found, in the row that Dagster planned for the check's partition: without one, it would add a second row."""
    return AssetCheckEvaluation(
        asset_key=key.asset_key,
        check_name=key.name,
        passed=result.passed,
        severity=result.severity,
        metadata=result.metadata,
        partition=partition,
    )


def _over_days(key: AssetCheckKey, results: Mapping[date, AssetCheckResult]) -> AssetCheckResult:
    """One result for the run: Dagster keeps one per check and run. It passed where every day did, and names those not."""
    if len(results) == 1:
        return next(iter(results.values()))
    bad = {day: result for day, result in results.items() if not result.passed}
    reasons = [f"{day}: {_reason(result)}" for day, result in bad.items()]
    newest = max(results)
    is_error = any(result.severity is AssetCheckSeverity.ERROR for result in bad.values())
    return AssetCheckResult(
        asset_key=key.asset_key,
        check_name=key.name,
        passed=not bad,
        severity=AssetCheckSeverity.ERROR if is_error else AssetCheckSeverity.WARN,
        metadata={
            **results[newest].metadata,
            "reason": "; ".join(reasons) if bad else f"{newest}: {_reason(results[newest])}",
            "num_days": len(results),
            "num_days_not_passed": len(bad),
        },
    )


def _reason(result: AssetCheckResult) -> object:
    reason = result.metadata.get("reason")
    return getattr(reason, "value", reason)
