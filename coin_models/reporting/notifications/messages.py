"""The messages: one value per event, with the key that makes it unique, and its words.

Lengths and escaping are in `rendering.py`.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

_MAX_KEY = 200  # outbox.event_key
_ALONE = 3  # coins of a day that are quarantined with a message each; more share one


class MessageKind(StrEnum):
    """What a message is about."""

    DAY_COMPLETE = "day-complete"
    DAY_LATE = "day-late"
    INTERRUPTION = "interruption"
    RESUME = "resume"
    QUARANTINE = "quarantine"
    UNAVAILABLE = "unavailable"
    COIN_ENDED = "coin-ended"
    HAND_OVER = "hand-over"
    BUDGET = "budget"
    SPOT_NOT_WORTH_IT = "spot-not-worth-it"
    TEST = "test"


BURST_KINDS = frozenset({MessageKind.INTERRUPTION, MessageKind.RESUME})
"""Kinds that come in bursts and then share messages."""


class Severity(StrEnum):
    """How much it matters; the names are apprise's."""

    INFO = "info"
    SUCCESS = "success"
    WARNING = "warning"
    FAILURE = "failure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One event, in words."""

    event_key: str
    """Two messages with the same key are about the same event: only the first is sent."""
    kind: MessageKind
    severity: Severity
    title: str
    lines: tuple[str, ...]

    def __post_init__(self) -> None:
        if not 0 < len(self.event_key) <= _MAX_KEY:
            raise ValueError(f"event_key {self.event_key!r} must have 1 to {_MAX_KEY} characters")
        if not self.title:
            raise ValueError(f"message {self.event_key!r} has no title")


@dataclass(frozen=True, slots=True, kw_only=True)
class DayDigest:
    """The results of a trading day."""

    day: date
    num_trained: int
    num_resumed: int = 0
    """Of those trained, how many were resumed after an interruption."""
    num_reused: int = 0
    quarantined: tuple[str, ...] = ()
    promoted: tuple[str, ...] = ()
    rolled_back: tuple[str, ...] = ()
    skill_over_reference: str | None = None
    """Out-of-sample skill over the reference with its interval, in words."""
    validation_skill: float | None = None
    """Mean pinball skill on the validation split."""
    shadow_pnl_usd: float | None = None
    cost_usd: float | None = None
    saved_usd: float | None = None
    """Against the same work on-demand."""


def day_complete_key(day: date) -> str:
    """The key of a day's digest, to check first whether it is needed."""
    return f"{MessageKind.DAY_COMPLETE}:{day}"


def day_complete(digest: DayDigest) -> Message:
    """The digest of a day on which every coin is accounted for."""
    counts = f"{digest.num_trained} trained ({digest.num_resumed} resumed), {digest.num_reused} reused"
    lines = [
        counts,
        _named("Quarantined", digest.quarantined),
        _named("Promoted", digest.promoted),
        _named("Rolled back", digest.rolled_back),
        ""
        if digest.skill_over_reference is None
        else f"Out-of-sample skill over the reference: {digest.skill_over_reference}",
        "" if digest.validation_skill is None else f"Validation skill: {digest.validation_skill:+.4f}",
        "" if digest.shadow_pnl_usd is None else f"Shadow P&L: {digest.shadow_pnl_usd:+,.2f} USD",
        "" if digest.cost_usd is None else f"Cost: {digest.cost_usd:.3f} USD" + _saved(digest.saved_usd),
    ]
    severity = Severity.WARNING if digest.quarantined or digest.rolled_back else Severity.SUCCESS
    return Message(
        event_key=day_complete_key(digest.day),
        kind=MessageKind.DAY_COMPLETE,
        severity=severity,
        title=f"{digest.day}: all coins done",
        lines=tuple(line for line in lines if line),
    )


def day_late(day: date, *, missing: Sequence[str], deadline: str) -> Message:
    """The deadline has passed and coins are missing."""
    return Message(
        event_key=f"{MessageKind.DAY_LATE}:{day}",
        kind=MessageKind.DAY_LATE,
        severity=Severity.FAILURE,
        title=f"{day} is late",
        lines=(f"{len(missing)} coins are not ready at {deadline} UTC", _named("Missing", tuple(missing))),
    )


def coin_ended(coin: str, *, reason: str) -> Message:
    """A coin is no longer traded; told once, whatever is run later."""
    return Message(
        event_key=f"{MessageKind.COIN_ENDED}:{coin}",
        kind=MessageKind.COIN_ENDED,
        severity=Severity.WARNING,
        title=f"{coin} is no longer traded",
        lines=(reason, "Its days are skipped; take it out of COIN_MODELS_UNIVERSE. Its versions and history stay."),
    )


def interrupted(session_id: str, *, machine: str, saved: str, when: str) -> Message:
    """A machine was interrupted; `saved` says what was saved in its grace, such as "saved in 0.4 of 5.0 s"."""
    return Message(
        event_key=f"{MessageKind.INTERRUPTION}:{session_id}",
        kind=MessageKind.INTERRUPTION,
        severity=Severity.WARNING,
        title=f"Interrupted on {machine}",
        lines=(f"{when} {machine} was interrupted, {saved}",),
    )


def resumed(session_id: str, *, machine: str, coins: Sequence[str], day: date, when: str) -> Message:
    """A later session took the work up again."""
    return Message(
        event_key=f"{MessageKind.RESUME}:{session_id}:{day}",
        kind=MessageKind.RESUME,
        severity=Severity.INFO,
        title=f"Resumed on {machine}",
        lines=(f"{when} {machine} resumed {len(coins)} coins of {day}",),
    )


def quarantined(coin: str, day: date, *, reason: str) -> Message:
    """A coin has used up its attempts."""
    return Message(
        event_key=f"{MessageKind.QUARANTINE}:{coin}:{day}",
        kind=MessageKind.QUARANTINE,
        severity=Severity.FAILURE,
        title=f"{coin} is quarantined",
        lines=(f"{coin} on {day}: {reason}", f"Try it again with: coin-models unquarantine {coin} --day {day}"),
    )


def quarantines(reasons: Mapping[str, str], day: date) -> list[Message]:
    """The coins of a day that have used up their attempts: a message each, or one for all where an outage took many."""
    if len(reasons) <= _ALONE:
        return [quarantined(coin, day, reason=reason) for coin, reason in reasons.items()]
    coins = ",".join(sorted(reasons))
    return [
        Message(
            event_key=f"{MessageKind.QUARANTINE}:{day}:{_digest(coins)}",
            kind=MessageKind.QUARANTINE,
            severity=Severity.FAILURE,
            title=f"{len(reasons)} coins of {day} are quarantined",
            lines=(
                *(f"{coin}: {reason}" for coin, reason in reasons.items()),
                f"Try them again with: coin-models unquarantine --day {day}",
            ),
        )
    ]


def unavailable(day: date, *, reason: str, cause: str, coins: Sequence[str]) -> Message:
    """Something that these coins need is unavailable: source, store, database, network, or this machine cannot train.

    Args:
        day: the trading day.
        reason: of the newest attempts.
        cause: the reason without what differs from try to try; a cause is told once a day.
        coins: that wait for it; none: no coin was reached.
    """
    return Message(
        event_key=f"{MessageKind.UNAVAILABLE}:{day}:{_digest(cause)}",
        kind=MessageKind.UNAVAILABLE,
        severity=Severity.WARNING,
        title=f"{day}: {len(coins)} coins cannot be trained" if coins else f"{day}: nothing can be trained",
        lines=tuple(line for line in (reason, _named("Waiting", tuple(coins)), "No attempt is used up") if line),
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def hand_over(day: date, *, reason: str) -> Message:
    """Spot stops taking up cohorts: on-demand should finish the day."""
    return Message(
        event_key=f"{MessageKind.HAND_OVER}:{day}",
        kind=MessageKind.HAND_OVER,
        severity=Severity.WARNING,
        title=f"{day}: on-demand should take over",
        lines=(reason,),
    )


def budget_reached(today: date, *, reason: str) -> Message:
    """The day's budget allows no further cohort."""
    return Message(
        event_key=f"{MessageKind.BUDGET}:{today}",
        kind=MessageKind.BUDGET,
        severity=Severity.WARNING,
        title="The day's budget is spent",
        lines=(reason,),
    )


def spot_not_worth_it(today: date, *, reason: str) -> Message:
    """Spot machines have become more expensive than on-demand; sent at most once a month."""
    return Message(
        event_key=f"{MessageKind.SPOT_NOT_WORTH_IT}:{today:%Y-%m}",
        kind=MessageKind.SPOT_NOT_WORTH_IT,
        severity=Severity.WARNING,
        title="Spot is no longer worth it",
        lines=(reason,),
    )


def trial_message(unique: str) -> Message:
    """The message of `coin-models notify test`."""
    return Message(
        event_key=f"{MessageKind.TEST}:{unique}",
        kind=MessageKind.TEST,
        severity=Severity.INFO,
        title="A test of coin_models",
        lines=("Messages reach you here. Special characters survive: <b> & _under_ *star* [link] 1 < 2.",),
    )


def _named(what: str, names: Sequence[str]) -> str:
    return f"{what}: {', '.join(names)}" if names else ""


def _saved(usd: float | None) -> str:
    if usd is None:
        return ""
    return f", {abs(usd):.3f} USD {'less' if usd >= 0 else 'more'} than on-demand"
