"""How long ago each coin's newest version was published: what `coin-models health` judges, by the database alone.

Neither the store nor the source is asked, and no plan is made: a monitor calls this every minute.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import func, select

from coin_models.db.engine import Database
from coin_models.db.schema import model_versions, sessions
from coin_models.exit_codes import ExitCode

_LOOKED_BACK: Final = timedelta(days=14)
"""A coin without a version for this long has left the market, or is told as late by then: it counts no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """Whether the nights are made."""

    max_age: timedelta
    ages: Mapping[str, timedelta]  # since the newest version of each coin that has one of the last two weeks
    last_session: str | None  # how the newest session ended; None: it has not, or there was none

    @property
    def newest(self) -> timedelta | None:
        """Since the newest version of all; None without any."""
        return min(self.ages.values(), default=None)

    @property
    def late(self) -> list[str]:
        """Coins whose newest version is older than allowed, sorted."""
        return sorted(coin for coin, age in self.ages.items() if age > self.max_age)

    @property
    def exit_code(self) -> ExitCode:
        """COULD_NOT_WORK: nothing is new enough. SOME_FAILED: some coins are late. DONE."""
        if len(self.late) == len(self.ages):
            return ExitCode.COULD_NOT_WORK
        return ExitCode.SOME_FAILED if self.late else ExitCode.DONE

    def __str__(self) -> str:
        """One sentence."""
        allowed = f"{_hours(self.max_age):g} h"
        if self.newest is None:
            return f"no model was published within the last {_LOOKED_BACK.days} days"
        newest = f"the newest model was published {_hours(self.newest):.1f} h ago"
        if not self.late:
            return f"{newest}; all {len(self.ages)} coins have one within {allowed}"
        return (
            f"{newest}; {len(self.late)} of {len(self.ages)} coins have none within {allowed}: {', '.join(self.late)}"
        )

    def to_json(self) -> dict[str, Any]:
        """As `coin-models health --json` prints it."""
        return {
            "is_healthy": self.exit_code is ExitCode.DONE,
            "max_age_hours": _hours(self.max_age),
            "newest_age_hours": None if self.newest is None else round(_hours(self.newest), 3),
            "num_coins": len(self.ages),
            "late": self.late,
            "last_session": self.last_session,
            "message": str(self),
        }


def read_health(database: Database, coins: Sequence[str], now: datetime, max_age: timedelta) -> Health:
    """The health of these coins at `now`, in two statements.

    Raises:
        DatabaseError, DatabaseUnavailable: the database does not answer.
    """
    # By day, which has an index; a version is published on its day or later.
    since = (now - max(_LOOKED_BACK, max_age)).date()
    newest = (
        select(model_versions.c.coin, func.max(model_versions.c.created_at))
        .where(model_versions.c.day >= since)
        .group_by(model_versions.c.coin)
    )
    last = select(sessions.c.end_reason).order_by(sessions.c.started_at.desc()).limit(1)
    with database.read() as connection:
        published_at = {row[0]: row[1] for row in connection.execute(newest)}
        ended = connection.execute(last).scalar_one_or_none()
    ages = {coin: now - published_at[coin] for coin in coins if coin in published_at}
    return Health(max_age=max_age, ages=ages, last_session=ended)


def _hours(span: timedelta) -> float:
    return span / timedelta(hours=1)
