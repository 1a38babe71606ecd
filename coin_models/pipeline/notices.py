"""Notifications: finds what is new in the tables, posts it to the outbox and delivers what is due.

It looks at the present state, not at the last event: a machine that was killed sends no message, but the next check
finds its session. Event keys make that harmless: an event that was sent is not sent again. Without a channel nothing is
checked. Callers import this module only when there is a channel, as apprise alone takes a fifth of a second to import.
"""

import json
import logging
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from coin_models.clock import newest_complete_day
from coin_models.costs.policy import Admission, Stop
from coin_models.errors import ObjectNotFound
from coin_models.market.eligibility import ENDED_PREFIX
from coin_models.operations.attempts import Attempt, Outcome
from coin_models.operations.places import normalised
from coin_models.pipeline.admission import deadline_of
from coin_models.pipeline.coin_days import SETTLED, CoinDayStatus, State, statuses_now
from coin_models.pipeline.daily_report import JSON, day_cost
from coin_models.pipeline.services import Services
from coin_models.reporting.notifications import messages
from coin_models.reporting.notifications.channels import Channel, build_channels
from coin_models.reporting.notifications.delivery import DeliveryReport, deliver_due
from coin_models.reporting.notifications.messages import Message
from coin_models.reporting.notifications.news import interruptions, resumes
from coin_models.reporting.notifications.outbox import Outbox
from coin_models.reporting.report.collect import Outside, collect_report
from coin_models.reporting.report.daily_report import DailyReport
from coin_models.storage import keys

logger = logging.getLogger(__name__)

_RECENT = timedelta(hours=24)  # an installation that gets its first channel is not told its history
_REPORT_PATIENCE = timedelta(hours=1)  # after the last model; a day whose report fails is told without
_SPOT_DAYS = 30
_FEWEST_SPOT_DAYS, _DEARER = 7, 0.05  # a first night without success, or a few cents, are no reason to leave spot


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyResult:
    """What one look did."""

    titles: tuple[str, ...] = ()  # of the messages that are new
    delivery: DeliveryReport = field(default_factory=DeliveryReport)

    def __str__(self) -> str:
        """One sentence for the tick, the log and the terminal."""
        parts = [f"new: {', '.join(self.titles)}"] if self.titles else []
        if self.delivery.num_delivered:
            parts.append(f"{self.delivery.num_delivered} message(s) delivered")
        if self.delivery.num_given_up:
            parts.append(f"{self.delivery.num_given_up} failed")
        return "; ".join([*parts, *self.delivery.problems]) or "nothing to send"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Day:
    """A trading day as it stands."""

    day: date
    statuses: Mapping[str, CoinDayStatus]
    attempts: Sequence[Attempt]

    def coins(self, *states: State) -> tuple[str, ...]:
        return tuple(coin for coin, status in self.statuses.items() if status.state in states)

    @property
    def is_settled(self) -> bool:
        return len(self.coins(*SETTLED)) == len(self.statuses) and bool(self.coins(State.DONE, State.STALE))

    @property
    def last_trained_at(self) -> datetime | None:
        ends = (attempt.ended_at for attempt in self.attempts if attempt.outcome is Outcome.DONE)
        return max((end for end in ends if end is not None), default=None)


class Notices:
    """Looks, posts and delivers, for the coins of a universe."""

    def __init__(self, services: Services, coins: Sequence[str], channels: Sequence[Channel] | None = None) -> None:
        self._services = services
        self._coins = tuple(coins)
        self._channels = build_channels(services.settings.notify) if channels is None else list(channels)
        self._outbox = Outbox(services.database, services.clock, services.settings.notify, channels=self._channels)

    def tell(self, also: Sequence[date] = ()) -> NotifyResult:
        """Posts what is new and delivers what is due; `also` names days whose digest is wanted beside the newest one's.

        Raises nothing that looking or sending could be the cause of: it is called where training has just ended.
        """
        if not self._channels:
            return NotifyResult()
        titles: list[str] = []
        try:
            titles += (message.title for message in self._news(also) if self._outbox.post(message))
        except Exception as error:  # a message is never worth a failed retraining
            logger.warning("looking for new events failed: %s", error, exc_info=error)
        return NotifyResult(titles=tuple(titles), delivery=deliver_due(self._outbox, self._channels))

    def post(self, message: Message) -> bool:
        """Posts one message, or logs why it could not; returns whether it is new."""
        return self._outbox.post_or_log(message)

    def _news(self, also: Sequence[date]) -> Iterator[Message]:
        services, now = self._services, self._services.clock.now()
        since = now - _RECENT
        yield from interruptions(services.database, since, grace_seconds=services.settings.interruption.grace_seconds)
        yield from resumes(services.database, since)
        newest = newest_complete_day(services.clock)
        window = services.settings.operations.resume_window_days
        for day in sorted({newest - timedelta(days=back) for back in range(window)} | set(also)):
            facts = self._look_at(day)
            yield from _quarantines(facts, since)
            yield from _outages(facts, since, at_once=day in also)
            if day == newest:
                yield from self._lateness(facts, now)
            if day == newest or day in also:
                yield from _ends(facts)
            if day >= newest - timedelta(days=1) or day in also:
                yield from self._digest(facts, now)

    def _look_at(self, day: date) -> _Day:
        services = self._services
        attempts = services.attempts.between(day, day)
        statuses = statuses_now(services, [day], self._coins, attempts)
        return _Day(day=day, statuses={coin: item for (coin, _), item in statuses.items()}, attempts=attempts)

    def _lateness(self, facts: _Day, now: datetime) -> Iterator[Message]:
        """A day is late for the coins that were requested for it, such as by the schedule for every night.

        Without a request, as under a timer that has stopped, it is late if it or the day before was attempted.
        """
        deadline = self._services.settings.costs.deadline
        missing = [coin for coin, status in facts.statuses.items() if status.state not in SETTLED]
        if not missing or now < deadline_of(facts.day, deadline):
            return
        requests = self._services.requests.within(facts.day, facts.day)
        late = missing
        is_of_all = any(request.coins is None for request in requests)
        if not is_of_all and not self._services.attempts.days_tried(facts.day - timedelta(days=1), facts.day):
            named = {coin for request in requests for coin in request.coins or ()}
            late = [coin for coin in missing if coin in named]
        if late:
            yield messages.day_late(facts.day, missing=late, deadline=deadline)

    def _digest(self, facts: _Day, now: datetime) -> Iterator[Message]:
        """The day's digest once every coin is settled and the daily report, the last step, has seen the last model."""
        if not facts.is_settled or self._outbox.is_known(messages.day_complete_key(facts.day)):
            return
        trained_at = facts.last_trained_at
        if trained_at is not None and now - trained_at < _REPORT_PATIENCE and self._reported_at(facts.day) < trained_at:
            return
        yield messages.day_complete(digest_of(self._report(facts)))
        yield from self._spot_review(now)

    def _reported_at(self, day: date) -> datetime:
        """When the day's stored report was made; long ago where there is none."""
        try:
            stored = json.loads(self._services.store.get(keys.report(day, JSON)))
        except ObjectNotFound:
            return datetime.min.replace(tzinfo=self._services.clock.now().tzinfo)
        return datetime.fromisoformat(stored["generated_at"])

    def _report(self, facts: _Day) -> DailyReport:
        cost = day_cost(self._services, facts.day)
        outside = Outside(
            quarantined={coin: facts.statuses[coin].reason or "" for coin in facts.coins(State.QUARANTINED)},
            billed_usd=cost.cost_usd,
            saved_usd=cost.saved_usd,
        )
        return collect_report(self._services.database, facts.day, self._coins, self._services.clock, outside)

    def _spot_review(self, now: datetime) -> Iterator[Message]:
        """Whether a month of spot machines, waste included, was more expensive than on-demand ones would have been."""
        from coin_models.costs.answers import ledger_of  # a second of scipy, once a day

        last = newest_complete_day(self._services.clock)
        first = last - timedelta(days=_SPOT_DAYS - 1)
        ledger = ledger_of(self._services.database, self._services.settings.costs, first, last)
        total = ledger.total()
        if total.saved_usd is None or total.on_demand_usd is None or len(ledger.by_day()) < _FEWEST_SPOT_DAYS:
            return
        if total.saved_usd > -_DEARER * total.on_demand_usd:
            return
        yield messages.spot_not_worth_it(
            now.date(),
            reason=(
                f"In {_SPOT_DAYS} days spot machines cost {total.on_demand_usd - total.saved_usd:.2f} USD, waste included; "
                f"on-demand machines would have cost {total.on_demand_usd:.2f} USD. `coin-models costs` has the details"
            ),
        )


def digest_of(report: DailyReport) -> messages.DayDigest:
    """The day's report in a few figures."""

    def named(*states: str) -> tuple[str, ...]:
        return tuple(line.coin for line in report.coins_in_state(*states))

    traded = any(line.pnl_usd is not None for line in report.coins)
    return messages.DayDigest(
        day=report.day,
        num_trained=len(named("trained", "resumed")),
        num_resumed=len(named("resumed")),
        num_reused=len(named("reused")),
        quarantined=named("quarantined"),
        promoted=tuple(line.coin for line in report.decisions_of("promote")),
        rolled_back=tuple(line.coin for line in report.decisions_of("rollback")),
        skill_over_reference=str(report.skill_over_reference) if report.skill_over_reference is not None else None,
        validation_skill=report.mean_validation_skill(),
        shadow_pnl_usd=report.pnl_usd if traded else None,
        cost_usd=report.costs.billed_usd,
        saved_usd=report.costs.saved_usd,
    )


def tell_deferred(services: Services, day: date, verdict: Admission) -> None:
    """Posts why no further cohort starts; costs nothing without a channel, and never fails."""
    if not services.settings.notify.has_channel:
        return
    if verdict.stop is Stop.BUDGET:
        message = messages.budget_reached(services.clock.now().date(), reason=verdict.reason)
    else:
        message = messages.hand_over(day, reason=verdict.reason)
    Notices(services, ()).post(message)


def _ends(facts: _Day) -> Iterator[Message]:
    """A message for each coin that is no longer traded; its key is the coin, so that it is sent once."""
    for coin in facts.coins(State.SKIPPED):
        reason = facts.statuses[coin].reason or ""
        if reason.startswith(ENDED_PREFIX):
            yield messages.coin_ended(coin, reason=reason)


def _quarantines(facts: _Day, since: datetime) -> Iterator[Message]:
    """Coins quarantined lately, once no session works on the day any more: an outage quarantines all of them in one run."""
    last_tries = {attempt.coin: attempt.ended_at or attempt.started_at for attempt in facts.attempts}
    given_up = [coin for coin in facts.coins(State.QUARANTINED) if last_tries[coin] >= since]
    if given_up and not facts.coins(State.RUNNING):
        yield from messages.quarantines({coin: facts.statuses[coin].reason or "" for coin in given_up}, facts.day)


def _outages(facts: _Day, since: datetime, *, at_once: bool) -> Iterator[Message]:
    """Coins that wait for a place, one message per cause: at once where a run has just ended, else from the second try on."""
    waiting: dict[str, dict[str, str]] = {}  # by cause
    tries = Counter(attempt.coin for attempt in facts.attempts if attempt.outcome is Outcome.UNAVAILABLE)
    last = {attempt.coin: attempt for attempt in facts.attempts}
    for coin in facts.coins(State.UNAVAILABLE):
        attempt = last.get(coin)
        if attempt is None or attempt.outcome is not Outcome.UNAVAILABLE or attempt.started_at < since:
            continue
        if at_once or tries[coin] > 1:
            reason = attempt.reason or "no reason was recorded"
            waiting.setdefault(normalised(reason, [coin]), {})[coin] = reason
    for cause, reasons in waiting.items():
        yield messages.unavailable(facts.day, reason=next(iter(reasons.values())), cause=cause, coins=tuple(reasons))
