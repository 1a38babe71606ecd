"""Gathers the state of coins x days: what is done, missing or failed, and why."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from coin_models.errors import UsageError
from coin_models.market.universe import resolve_universe
from coin_models.operations.attempts import Attempt
from coin_models.pipeline.coin_days import SETTLED, CoinDayStatus, CoinDayStatuses, State, statuses_now
from coin_models.pipeline.plan.facts import CoinDay
from coin_models.pipeline.services import Services
from coin_models.settings.root import Settings

QueueReader = Callable[[Settings, Sequence[str]], Mapping[CoinDay, str]]
"""The coin-days of these coins that waiting runs will try, each with a sentence about its run."""

_ATTEMPTS_SHOWN = 1000
_MAY_BE_QUEUED = tuple(state for state in State if state not in (*SETTLED, State.RUNNING))


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The state of every coin on every day of a window."""

    days: tuple[date, ...]
    coins: tuple[str, ...]
    coin_days: CoinDayStatuses
    attempts: tuple[Attempt, ...]
    """The newest, oldest first."""

    def json_lines(self) -> Iterator[str]:
        """The lines of the JSON document that `coin-models status --json` prints: one a coin, as years of many coins are
        tens of megabytes.
        """
        keys = [json.dumps(day.isoformat()) for day in self.days]
        yield f'{{"days": [{", ".join(keys)}],'
        yield '"coins": {'
        for coin in self.coins:
            comma = "" if coin == self.coins[-1] else ","
            yield f"{json.dumps(coin)}: {_coin_json(keys, self.coin_days.of_coin(coin))}{comma}"
        yield "},"
        yield f'"attempts": {json.dumps([_attempt_json(attempt) for attempt in self.attempts])}}}'


def read_status(
    services: Services,
    *,
    days: Sequence[date] | None = None,
    last: int = 7,
    coins: str | None = None,
    read_queue: QueueReader | None = None,
) -> Status:
    """The status of these days, or of the `last` complete ones.

    Args:
        services: the parts.
        days: None: the `last` complete ones.
        last: number of days.
        coins: comma-separated; None: the universe.
        read_queue: reads the runs that wait; called where something is open, as it brings Dagster.
    """
    universe = resolve_universe(services.settings)
    if days is None:
        newest = services.newest_trading_day()
        days = [newest - timedelta(days=offset) for offset in reversed(range(last))]
    chosen = [coin for coin in universe if coins is None or coin in coins.upper().split(",")]
    if not chosen:
        raise UsageError(f"--coins {coins}: none of them is in the universe")
    first, until = days[0], days[-1]
    shown = services.attempts.newest(first, until, chosen, limit=_ATTEMPTS_SHOWN)
    statuses = statuses_now(services, days, chosen, shown)
    if read_queue is not None and statuses.keys_in_state(*_MAY_BE_QUEUED):
        queued = read_queue(services.settings, chosen)
        statuses = statuses_now(services, days, chosen, shown, queued) if queued else statuses
    return Status(days=tuple(days), coins=tuple(chosen), coin_days=statuses, attempts=tuple(shown))


def _coin_json(keys: Sequence[str], statuses: Sequence[CoinDayStatus]) -> str:
    """The days of one coin, an object; a run of days that share a status is encoded once."""
    last, text, parts = None, "", []
    for key, status in zip(keys, statuses, strict=True):
        if status is not last:
            entry = {"state": status.state.value, "reason": status.reason, "failures": status.failures}
            last, text = status, json.dumps(entry)
        parts.append(f"{key}: {text}")
    return f"{{{', '.join(parts)}}}"


def _attempt_json(attempt: Attempt) -> dict[str, Any]:
    return {
        "coin": attempt.coin,
        "day": attempt.day.isoformat(),
        "session": attempt.session_id,
        "started": attempt.started_at.isoformat(),
        "ended": attempt.ended_at.isoformat() if attempt.ended_at else None,
        "outcome": attempt.outcome.value,
        "action": attempt.action.value if attempt.action else None,
        "steps_done": attempt.usage.steps_done,
        "steps_redone": attempt.usage.steps_redone,
        "reason": attempt.reason,
    }
