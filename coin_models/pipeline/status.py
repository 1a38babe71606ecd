"""Gathers the state of coins x days: what is done, missing or failed, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from coin_models.errors import UsageError
from coin_models.market.universe import resolve_universe
from coin_models.operations.attempts import Attempt
from coin_models.pipeline.coin_days import CoinDayStatuses, statuses_now
from coin_models.pipeline.services import Services

_ATTEMPTS_SHOWN = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The state of every coin on every day of a window."""

    days: tuple[date, ...]
    coins: tuple[str, ...]
    coin_days: CoinDayStatuses
    attempts: tuple[Attempt, ...]
    """The newest, oldest first."""

    def to_json(self) -> dict[str, Any]:
        """As `coin-models status --json` prints it."""
        return {
            "days": [day.isoformat() for day in self.days],
            "coins": {
                coin: {
                    day.isoformat(): {"state": found.state.value, "reason": found.reason, "failures": found.failures}
                    for day in self.days
                    if (found := self.coin_days[coin, day])
                }
                for coin in self.coins
            },
            "attempts": [_attempt_json(attempt) for attempt in self.attempts],
        }


def read_status(
    services: Services, *, days: Sequence[date] | None = None, last: int = 7, coins: str | None = None
) -> Status:
    """The status of these days, or of the `last` complete ones."""
    universe = resolve_universe(services.settings)
    if days is None:
        newest = services.newest_trading_day()
        days = [newest - timedelta(days=offset) for offset in reversed(range(last))]
    chosen = [coin for coin in universe if coins is None or coin in coins.upper().split(",")]
    if not chosen:
        raise UsageError(f"--coins {coins}: none of them is in the universe")
    first, until = days[0], days[-1]
    shown = services.attempts.newest(first, until, chosen, limit=_ATTEMPTS_SHOWN)
    found = statuses_now(services, days, chosen, shown)
    return Status(days=tuple(days), coins=tuple(chosen), coin_days=found, attempts=tuple(shown))


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
