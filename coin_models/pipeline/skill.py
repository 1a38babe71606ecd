"""Reads the skill of a home: recorded out-of-sample days and champions, from the database alone."""

from collections.abc import Collection
from datetime import date, timedelta

from sqlalchemy import func, select

from coin_models.db.engine import Database
from coin_models.db.trading_schema import shadow_days
from coin_models.errors import RegistryError
from coin_models.market.universe import listed
from coin_models.registry.champions import ChampionLog
from coin_models.reporting.leaderboard import Leaderboard, make_leaderboard
from coin_models.reporting.report.collect import HISTORY_DAYS
from coin_models.reporting.report.out_of_sample import DailyMean, all_coins, read_skills


def skill_over_reference(database: Database, day: date) -> DailyMean | None:
    """Of all coins over the days of a report: what its first sentence says; None without a recorded day."""
    with database.read() as connection:
        skills = read_skills(connection, day - timedelta(days=HISTORY_DAYS - 1), day)
    return all_coins(skills, day, HISTORY_DAYS)


def read_leaderboard(database: Database, num_days: int, coins: Collection[str] | None = None) -> Leaderboard:
    """Skill over the days that end with the newest recorded one.

    Args:
        coins: None: all that have a record.

    Raises:
        RegistryError: no day is recorded, or none of one of these coins.
    """
    with database.read() as connection:
        last: date | None = connection.execute(select(func.max(shadow_days.c.day))).scalar_one()
        if last is None:
            raise RegistryError(
                "no out-of-sample day is recorded yet; the first is the day after a coin's first model (`coin-models retrain`)"
            )
        first = last - timedelta(days=num_days - 1)
        skills = read_skills(connection, first, last, coins)
        unrecorded = sorted(set(coins or ()) - skills.keys())
        if unrecorded or not skills:
            query = select(shadow_days.c.coin).where(shadow_days.c.day.between(first, last)).distinct()
            recorded = sorted(connection.execute(query).scalars())
            raise RegistryError(
                f"no out-of-sample day of {listed(unrecorded) or 'any coin'} is recorded from {first} to {last}"
                + (f", but of {listed(recorded)}" if unrecorded else "")
            )
    return make_leaderboard(skills, first, last, ChampionLog(database).champions())
