"""Decides what the resume sensor requests: coin-days that are missing and ready, the oldest day first.

The decision is level-triggered: it depends on what is missing now, not on why. The rules of a single coin-day are in
pipeline/plan/.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from dagster import DagsterInstance, DagsterRun, DagsterRunStatus, RunRecord

from coin_models.clock import newest_complete_day
from coin_models.defs.jobs import REPORT
from coin_models.defs.partitions import first_trading_day
from coin_models.defs.runs import NIGHTLY, runs_of
from coin_models.defs.sensors.launches import Launch, launches_of, touching
from coin_models.defs.sensors.missing import unmaterialized
from coin_models.defs.sensors.nightly import end_nightly_if_off
from coin_models.defs.sensors.unstarted import record_unstarted_runs
from coin_models.market.timeframe import days_between
from coin_models.operations.requests import wanted
from coin_models.pipeline.admission import admission_policy_of
from coin_models.pipeline.derived.digests import DerivedKind
from coin_models.pipeline.derived.settle import what_is_stale
from coin_models.pipeline.derived.stale import StaleDay
from coin_models.pipeline.plan.action import Action
from coin_models.pipeline.plan.facts import CoinDay
from coin_models.pipeline.plan.gather import plan_now
from coin_models.pipeline.plan.plan import Plan
from coin_models.pipeline.probing import release_if_answered, waiting_for_places
from coin_models.pipeline.services import Services

OPEN = (Action.TRAIN, Action.UNAVAILABLE, Action.WAITING)
"""What is not settled yet."""
_SCHEDULE_IS_OFF = "the schedule `nightly` is off: later nights are not requested"
_NIGHTLY_IS_OVERDUE = time(2, 10)  # UTC: until then the schedule of 02:00 has the newest day
_SETTLE_SECONDS = 900.0  # between two runs that only make a day's trades again
_RETRY_SECONDS = 60.0  # a run that Dagster itself promised to retry is waited for so long: its daemon does it every 5 s
_FAILURE_REASON = "dagster/failure_reason"  # Dagster's own tag; a run that was killed has none
_FAILED_BY_ITSELF = ("STEP_FAILURE", "RUN_EXCEPTION", "JOB_INITIALIZATION_FAILURE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumption:
    """What is requested, and what is not and why."""

    runs: Sequence[Launch] = ()  # oldest day first
    held: Mapping[date, str] = field(default_factory=dict)  # days with something missing that are not requested
    askers: Mapping[date, str] = field(default_factory=dict)  # who wants what is requested
    summary: str = ""

    @property
    def wanted(self) -> dict[date, Sequence[str]]:
        """The coins requested of each day, oldest day first."""
        coins_by_day: dict[date, list[str]] = {}
        for launch in self.runs:
            for day in launch.days:
                coins_by_day.setdefault(day, []).extend(launch.coins)
        return dict(sorted(coins_by_day.items()))

    def __str__(self) -> str:
        """One sentence for the tick."""
        parts = [
            f"{day}: requested {len(coins)} coin(s), wanted by {self.askers.get(day, 'no request')}"
            for day, coins in self.wanted.items()
        ]
        parts += [f"{day}: {reason}" for day, reason in self.held.items()]
        return "; ".join([*parts, self.summary] if self.summary else parts)


def what_to_resume(services: Services, instance: DagsterInstance, coins: Sequence[str]) -> Resumption:
    """Decides over the window of `operations.resume_window_days`: what was requested, what the plan says of it, and runs.

    Any order of days gives the same versions, so days do not wait for each other; they are requested oldest first.
    """
    is_off = end_nightly_if_off(services.requests, instance, services.clock.now().astimezone(UTC))
    off = f"; {_SCHEDULE_IS_OFF}" if is_off else ""
    asked = _without_tonight(requested(services, coins), window_of(services), services, instance)
    if not asked:
        num_days = services.settings.operations.resume_window_days
        return Resumption(
            summary=f"no requests in the last {num_days} days: `coin-models retrain`, the schedule or the UI makes them{off}"
        )
    chosen = sorted(asked)
    plan = plan_now(services, chosen, coins)
    runs = _runs_of(services, instance, chosen)
    _withdraw_cancelled(services, runs)
    if record_unstarted_runs(services, instance, plan, runs):
        plan = plan_now(services, chosen, coins)
    waiting = [item for item in waiting_for_places(plan) if item.coin in asked[item.day]]
    silent = release_if_answered(services, waiting) if waiting else None
    if waiting and silent is None:
        plan = plan_now(services, chosen, coins)
    needed = _needed(services, instance, plan, asked)
    admission = admission_policy_of(services.settings, lambda: services.database, services.clock)

    def why_held(day: date, shard: Collection[str]) -> str | None:
        # The run's own admission policy would let nothing through either: do not start one a minute to hear so.
        num_ready = sum(coin in shard for coin in needed[day])
        return (
            why_not_now(touching(runs[day], shard), services.clock.now()) or admission(day, 1, num_ready).reason or None
        )

    needed_launches = launches_of(needed, asked, coins, services.settings, why_held)
    stale = what_is_stale(services, plan.days, plan.coins, wanted=settled_of(plan, asked))
    to_trade = _to_trade_again(stale, asked, needed, runs, services.clock.now())
    again = launches_of(to_trade, asked, coins, services.settings, lambda _day, _shard: None)
    _end_backfills(services, plan, asked, {*needed, *(each.day for each in stale)})
    launches = sorted([*needed_launches.runs, *again.runs], key=lambda launch: launch.days[0])
    ready = {**needed, **to_trade}
    askers = {
        day: ", ".join(sorted({asked[day][coin] for coin in ready[day]})) for launch in launches for day in launch.days
    }
    summary = _counted(plan, asked) + (f"; {silent}" if silent else "") + off
    return Resumption(runs=launches, held=needed_launches.held, askers=askers, summary=summary)


def _end_backfills(
    services: Services, plan: Plan, asked: Mapping[date, Mapping[str, str]], open_days: Collection[date]
) -> None:
    """Ends the backfills of which nothing is left to do: models, trades, patterns and reports are there, or never will be."""
    backfills = services.requests.backfills()
    if not backfills:
        return
    left = {*open_days, *(item.day for item in plan if item.coin in asked[item.day] and item.action in OPEN)}
    for request in backfills:
        last = request.last_day or date.max
        if not any(request.first_day <= day <= last for day in left):
            services.requests.end(request.request_id)


def requested(services: Services, coins: Sequence[str]) -> dict[date, Mapping[str, str]]:
    """Who requested each coin of each day: all requests of the window, and before it the backfills that are still open."""
    days = window_of(services)
    if not days:
        return {}
    asked = wanted(services.requests.within(days[0], days[-1]), coins, days[0], days[-1])
    backfills = [request for request in services.requests.backfills() if request.first_day < days[0]]
    if not backfills:
        return asked
    first = max(min(request.first_day for request in backfills), first_trading_day(services.settings))
    return {**wanted(backfills, coins, first, days[0] - timedelta(days=1)), **asked}


def _needed(
    services: Services, instance: DagsterInstance, plan: Plan, asked: Mapping[date, Mapping[str, str]]
) -> dict[date, list[str]]:
    """Per day, oldest first: the coins to fit, to fetch, or to record, in the order of the universe."""
    unrecorded = unmaterialized(instance, plan.coins, plan.days)
    needed: dict[date, list[str]] = {}
    for item in plan:
        is_lost = item.action in (Action.REUSE, Action.STALE) and item.key in unrecorded
        if item.coin in asked[item.day] and (item.is_due_now or is_lost):
            needed.setdefault(item.day, []).append(item.coin)
    return needed


def settled_of(plan: Plan, asked: Mapping[date, Mapping[str, str]]) -> set[CoinDay]:
    """What is requested and has its model, or never will have."""
    settled = (Action.REUSE, Action.STALE, Action.SKIP)
    return {item.key for item in plan if item.coin in asked[item.day] and item.action in settled}


def _to_trade_again(
    stale_days: Sequence[StaleDay],
    asked: Mapping[date, Mapping[str, str]],
    needed: Mapping[date, Sequence[str]],
    runs: Mapping[date, Sequence[RunRecord]],
    now: datetime,
) -> dict[date, Sequence[str]]:
    """Per day whose models are all there: the coins whose trades are not what would be made now."""
    stale: dict[date, list[str]] = {}
    for stale_day in stale_days:
        if stale_day.kind is DerivedKind.TRADES and stale_day.day in asked and stale_day.day not in needed:
            stale.setdefault(stale_day.day, []).append(stale_day.coin)
    return {
        day: coins
        for day, coins in stale.items()
        if why_not_now(runs[day], now) is None and not ended_recently(runs[day], now)
    }


def ended_recently(records: Sequence[RunRecord], now: datetime) -> bool:
    """Whether the day's newest run has just tried: what failed in it would fail again. One that was killed has not."""
    if not records or now.timestamp() - (records[0].end_time or 0.0) >= _SETTLE_SECONDS:
        return False
    run = records[0].dagster_run
    return run.status != DagsterRunStatus.FAILURE or run.tags.get(_FAILURE_REASON) in _FAILED_BY_ITSELF


def _withdraw_cancelled(services: Services, runs: Mapping[date, Sequence[RunRecord]]) -> None:
    """What a person cancelled is requested no more."""
    cancelled = {
        record.dagster_run.root_run_id or record.dagster_run.run_id
        for records in runs.values()
        for record in records
        if record.dagster_run.status == DagsterRunStatus.CANCELED
    }
    for run_id in cancelled:
        services.requests.withdraw(run_id)


def window_of(services: Services) -> list[date]:
    """Complete days of the window, oldest first."""
    settings = services.settings
    last = services.newest_trading_day()
    first = max(last - timedelta(days=settings.operations.resume_window_days - 1), first_trading_day(settings))
    return days_between(first, last)


def _without_tonight(
    asked: Mapping[date, Mapping[str, str]], days: Sequence[date], services: Services, instance: DagsterInstance
) -> dict[date, Mapping[str, str]]:
    """The newest night is the schedule's until its runs have ended or it is overdue; what a person asked of it is not."""
    now, remaining = services.clock.now().astimezone(UTC), dict(asked)
    if (
        days
        and days[-1] in remaining
        and now.time() < _NIGHTLY_IS_OVERDUE
        and days[-1] == newest_complete_day(services.clock)
        and not _have_ended(_runs_of(services, instance, days[-1:])[days[-1]])
    ):
        by_hand = {coin: asker for coin, asker in remaining[days[-1]].items() if asker != NIGHTLY}
        remaining = (
            {**remaining, days[-1]: by_hand}
            if by_hand
            else {day: of for day, of in remaining.items() if day != days[-1]}
        )
    return remaining


def _runs_of(services: Services, instance: DagsterInstance, days: Sequence[date]) -> dict[date, list[RunRecord]]:
    return runs_of(instance, days, max_days_per_run=services.settings.operations.max_days_per_run, but_of=REPORT)


def _have_ended(records: Sequence[RunRecord]) -> bool:
    return bool(records) and all(record.dagster_run.is_finished for record in records)


def why_not_now(records: Sequence[RunRecord], now: datetime) -> str | None:
    """Why a day with these runs, newest first, is left alone although something is missing; None if it is not."""
    for record in records:
        if not record.dagster_run.is_finished:
            return f"run {record.dagster_run.run_id[:8]} is {record.dagster_run.status.value.lower()}"
    if not records:
        return None
    newest = records[0]
    if _was_cancelled(records):
        return f"run {newest.dagster_run.run_id[:8]} was cancelled; start it again manually"
    if _is_about_to_be_retried(newest.dagster_run, newest.end_time, now):
        return f"Dagster is about to retry run {newest.dagster_run.run_id[:8]}"
    return None


def _was_cancelled(records: Sequence[RunRecord]) -> bool:
    return bool(records) and records[0].dagster_run.status == DagsterRunStatus.CANCELED


def _is_about_to_be_retried(run: DagsterRun, ended_at: float | None, now: datetime) -> bool:
    recently = ended_at is not None and now.timestamp() - ended_at < _RETRY_SECONDS
    return recently and bool(run.is_complete_and_waiting_to_retry)


def _counted(plan: Plan, asked: Mapping[date, Mapping[str, str]]) -> str:
    """Such as `3 train, 137 reuse`, of what is requested."""
    counts = Counter(item.action for item in plan if item.coin in asked[item.day])
    return ", ".join(f"{counts[action]} {action.word}" for action in Action if counts[action])
