"""Ends quarantine: resets failed attempts, so that they no longer count and the coin-day is tried again.

When a coin-day is quarantined is decided in retry.py.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import update

from coin_models.db.engine import Database
from coin_models.db.schema import attempts
from coin_models.errors import UsageError
from coin_models.operations.attempts import Outcome

CoinDay = tuple[str, date]


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Coins on a range of trading days."""

    coins: tuple[str, ...] | None = None  # in the universe's order; None: every coin
    first: date = date.min
    last: date = date.max

    def __str__(self) -> str:
        """As messages say it."""
        coins = "any coin" if self.coins is None else ", ".join(self.coins)
        if self.first == self.last:
            return f"{coins} on {self.first}"
        return coins if self.first == date.min else f"{coins} from {self.first} to {self.last}"

    def missed(self, reset: Mapping[CoinDay, int]) -> "Selection | None":
        """What was named although no attempt of it was reset: coins, or all of it; None if there is nothing."""
        if self.coins is None:
            return None if reset else self
        idle = tuple(coin for coin in self.coins if coin not in {reset_coin for reset_coin, _ in reset})
        return replace(self, coins=idle) if idle else None


def select_quarantined(
    names: Sequence[str],
    universe: Sequence[str],
    *,
    day: str | None = None,
    first: str | None = None,
    last: str | None = None,
    everything: bool = False,
) -> Selection:
    """What a person named: coins (also comma-separated), one day or a range of days, or `everything`.

    Raises:
        UsageError: nothing is named, options contradict each other, a coin is unknown, a day cannot be read.
    """
    coins = [part.strip().upper() for name in names for part in name.split(",") if part.strip()]
    unknown = sorted(set(coins).difference(universe))
    if unknown:
        from coin_models.market.universe import listed  # brings numpy, which `--help` need not wait for

        raise UsageError(f"{', '.join(unknown)} is not in the universe ({listed(universe)})")
    if everything and (coins or day or first or last):
        raise UsageError("--all means every coin on every day; leave out coins and days, or leave out --all")
    if not (everything or coins or day or first or last):
        raise UsageError("name coins, or days with --day or --from and --to; --all means every coin on every day")
    if day and (first or last):
        raise UsageError("--day and --from/--to exclude each other; give one day or a range")
    if bool(first) != bool(last):
        raise UsageError("--from and --to are used together; give both")
    begin, end = _day(first or day, date.min), _day(last or day, date.max)
    if begin > end:
        raise UsageError(f"--from {begin} is after --to {end}; swap them")
    return Selection(coins=tuple(coin for coin in universe if coin in coins) or None, first=begin, last=end)


def unquarantine(database: Database, selection: Selection) -> dict[CoinDay, int]:
    """Resets the failed attempts of the selection; returns how many of each coin-day, those without one left out."""
    failed = (
        (attempts.c.outcome == Outcome.FAILED.value)
        & attempts.c.released.is_(False)
        & attempts.c.day.between(selection.first, selection.last)
    )
    if selection.coins is not None:
        failed &= attempts.c.coin.in_(selection.coins)
    reset = update(attempts).where(failed).values(released=True).returning(attempts.c.coin, attempts.c.day)
    with database.begin() as connection:
        return dict(Counter((row.coin, row.day) for row in connection.execute(reset)))


def describe_reset(reset: Mapping[CoinDay, int]) -> str:
    """One sentence: how many attempts were reset, whose, and what happens next."""
    if not reset:
        return "no coin has a failed attempt; nothing was reset"
    coins, days = sorted({coin for coin, _ in reset}), {day for _, day in reset}
    return (
        f"{', '.join(coins)}: {sum(reset.values())} failed attempt(s) on {len(days)} day(s) reset; "
        "the resume sensor or `coin-models retrain` tries them again"
    )


def _day(text: str | None, otherwise: date) -> date:
    if not text:
        return otherwise
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a day, not a moment
    except ValueError:
        raise UsageError(f"invalid date {text!r}; use YYYY-MM-DD, such as 2024-08-15") from None
