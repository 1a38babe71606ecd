"""Decides which days are due for their patterns and report: a separate run, once every coin of the day is settled.

At the deadline (`costs.deadline`) a day is reported with what exists. Later results make the report stale, and it is
made again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from dagster import DagsterInstance

from coin_models.defs.jobs import REPORT
from coin_models.defs.runs import runs_of
from coin_models.defs.sensors.resuming import OPEN, ended_recently, requested, settled_of, why_not_now
from coin_models.pipeline.admission import deadline_of
from coin_models.pipeline.derived.digests import DerivedKind
from coin_models.pipeline.derived.settle import what_is_stale
from coin_models.pipeline.plan.gather import plan_now
from coin_models.pipeline.services import Services


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporting:
    """What is requested, and what is not and why."""

    days: Sequence[date] = ()
    held: Mapping[date, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """One sentence for the tick."""
        parts = [f"{day}: requested" for day in self.days] + [f"{day}: {reason}" for day, reason in self.held.items()]
        return "; ".join(parts) or "every report is up to date"


def what_to_report(services: Services, instance: DagsterInstance, coins: Sequence[str]) -> Reporting:
    """Decides over the resume window and open backfills, for days of which something was requested."""
    asked = requested(services, coins)
    if not asked:
        return Reporting()
    plan = plan_now(services, sorted(asked), coins)
    stale_days = what_is_stale(services, plan.days, plan.coins, wanted=settled_of(plan, asked))
    stale = sorted({each.day for each in stale_days if each.kind is not DerivedKind.TRADES})
    open_days = {each.day for each in stale_days if each.kind is DerivedKind.TRADES}
    open_days |= {item.day for item in plan if item.coin in asked[item.day] and item.action in OPEN}
    now = services.clock.now()
    longest = services.settings.operations.max_days_per_run
    runs = runs_of(instance, plan.days, max_days_per_run=longest)
    reports = runs_of(instance, plan.days, max_days_per_run=longest, of=REPORT)
    held: dict[date, str] = {}
    for day in stale:
        reason = why_not_now(runs[day], now)
        if reason is None and ended_recently(reports[day], now):
            reason = "its report was tried a moment ago"
        if reason is None and day in open_days and now < deadline_of(day, services.settings.costs.deadline):
            reason = "not every coin is settled, and the deadline has not passed"
        if reason is not None:
            held[day] = reason
    return Reporting(days=[day for day in stale if day not in held], held=held)
