"""What the resume sensor asks for: coin-days that are missing and ready, a run per day, the oldest day first.

Belongs here: the decision, level-triggered: what is missing now, whoever failed to make it. Not here: the tick
(sensors.py), the rules of a single coin-day (operations/worklist.py).
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, RunRecord
from dagster._core.events import RunFailureReason
from dagster._core.storage.tags import RUN_FAILURE_REASON_TAG

from coin_models.clock import newest_complete_day
from coin_models.defs.missing import missing_models, unreported_days
from coin_models.defs.partitions import days_between, first_trading_day
from coin_models.defs.runs import runs_of, span
from coin_models.operations.worklist import State, ready, standings
from coin_models.pipeline.admission import admission_policy_of
from coin_models.pipeline.services import Services
from coin_models.pipeline.status import retry_policy
from coin_models.pipeline.train.prepare import chain_start

_NIGHTLY_IS_OVERDUE = time(2, 10)  # UTC: until then the schedule of 02:00 has the newest day
_RETRY_SECONDS = 300.0  # a run that Dagster itself promised to retry is waited for so long


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumption:
    """What is asked for, and what is not and why."""

    wanted: Mapping[date, Sequence[str]] = field(default_factory=dict)  # coins per day, oldest day first
    held: Mapping[date, str] = field(default_factory=dict)  # days with something missing that are not asked for
    said: str = ""

    def __str__(self) -> str:
        """One sentence for the tick."""
        parts = [f"{day}: asked for {len(coins)} coin(s)" for day, coins in self.wanted.items()]
        parts += [f"{day}: {reason}" for day, reason in self.held.items()]
        return "; ".join([*parts, self.said] if self.said else parts)


def what_to_resume(services: Services, instance: DagsterInstance, coins: Sequence[str]) -> Resumption:
    """Decides over the window of `operations.resume_window_days`, from registry, event log, attempts and runs.

    A coin's day is asked for when the earlier days of its chain are made: a fit starts from the newest version there is,
    so a later day that overtakes an interrupted one would start from another parent than in peace, and be another model.
    """
    days = _window(services)
    if not days:
        num_days = services.settings.operations.resume_window_days
        return Resumption(
            said=f"nobody has tried any of the last {num_days} days: `coin-models retrain` or the UI begins"
        )
    missing = missing_models(services, instance, coins, days)
    runs = runs_of(instance, days, max_days_per_run=services.settings.operations.max_days_per_run)
    cut_off = _cut_off(unreported_days(instance, days).difference(day for _, day in missing), runs)
    if not missing and not cut_off:
        return Resumption(said=f"nothing is missing in {span(days)}")
    found = standings(
        missing,
        done=(),
        attempts=services.attempts.unpublished(days[0], days[-1]),
        policy=retry_policy(services.settings),
        now=services.clock.now(),
    )
    wanted: dict[date, Sequence[str]] = {}
    held: dict[date, str] = {}
    unmade: dict[str, date] = {}  # the newest day so far on which each coin is still to be made
    admission = admission_policy_of(services.settings, lambda: services.database, services.clock)
    for day, ready_coins in sorted({**ready(found, coins), **dict.fromkeys(cut_off, coins)}.items()):
        chain = chain_start(day, services.settings.training)
        free = [coin for coin in ready_coins if unmade.get(coin, date.min) < chain or day in cut_off]
        reason = _why_not_now(runs[day], services.clock.now()) or ("" if free else "the day before it comes first")
        # The run's own admission would let nothing through either: do not start one a minute to hear so.
        reason = reason or admission(day, 1, len(free)).reason
        if not reason:
            wanted[day] = free
        else:
            held[day] = reason
        if day not in cut_off and not _was_cancelled(runs[day]):
            unmade |= dict.fromkeys(ready_coins, day)
    return Resumption(wanted=wanted, held=held, said=_counted([standing.state for standing in found.values()]))


def _cut_off(unreported: Collection[date], runs: Mapping[date, Sequence[RunRecord]]) -> list[date]:
    """Days with every model whose newest run was killed before the report: asked for whole, the models are reused.

    A report that failed by itself is not asked for again: it would fail again.
    """
    killed = RunFailureReason.UNEXPECTED_TERMINATION.value
    return [
        day
        for day in sorted(unreported)
        if runs[day] and runs[day][0].dagster_run.tags.get(RUN_FAILURE_REASON_TAG) == killed
    ]


def _window(services: Services) -> list[date]:
    """Complete days of the window, from the first that somebody tried: a laptop is not put to work uninvited."""
    settings, now = services.settings, services.clock.now().astimezone(UTC)
    last = newest_complete_day(services.clock)
    if now.time() < _NIGHTLY_IS_OVERDUE and last not in services.attempts.days_tried(last, last):
        last -= timedelta(days=1)
    first = max(last - timedelta(days=settings.operations.resume_window_days - 1), first_trading_day(settings))
    tried = services.attempts.days_tried(first, last)
    return days_between(min(tried), last) if tried else []


def _why_not_now(records: Sequence[RunRecord], now: datetime) -> str | None:
    """Why a day with these runs, newest first, is left alone although something is missing; None if it is not."""
    for record in records:
        if not record.dagster_run.is_finished:
            return f"run {record.dagster_run.run_id[:8]} is {record.dagster_run.status.value.lower()}"
    if not records:
        return None
    newest = records[0]
    if _was_cancelled(records):
        return f"run {newest.dagster_run.run_id[:8]} was cancelled; start it again by hand"
    if _is_about_to_be_retried(newest.dagster_run, newest.end_time, now):
        return f"Dagster is about to retry run {newest.dagster_run.run_id[:8]}"
    return None


def _was_cancelled(records: Sequence[RunRecord]) -> bool:
    return bool(records) and records[0].dagster_run.status == DagsterRunStatus.CANCELED


def _is_about_to_be_retried(run: DagsterRun, ended_at: float | None, now: datetime) -> bool:
    recently = ended_at is not None and now.timestamp() - ended_at < _RETRY_SECONDS
    return recently and bool(run.is_complete_and_waiting_to_retry)


def _counted(states: Sequence[State]) -> str:
    counts = {state: states.count(state) for state in State}
    return ", ".join(f"{count} {state.value}" for state, count in counts.items() if count)
