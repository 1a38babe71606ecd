"""The log of champion decisions: for each coin, the newest day's decision counts.

The policy makes one decision per coin and day: a day that is traded again replaces it. Manual decisions are added and
never changed. On one day a manual decision outranks the policy's, regardless of the order; from the next day the policy
decides again.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, bindparam, case, delete, func, insert, select

from coin_models.db.engine import Database
from coin_models.db.schema import DECIDED_BY_POLICY, champion_decisions, model_versions
from coin_models.errors import RegistryError
from coin_models.registry.versions import ChampionDecision, ModelVersion, decision_of, version_of

_DAY, _MANUAL_FIRST, _ID = (
    champion_decisions.c.day.desc(),
    case((champion_decisions.c.decided_by == DECIDED_BY_POLICY, 1), else_=0),
    champion_decisions.c.id.desc(),
)
_STANDING = (
    select(champion_decisions)
    .where(champion_decisions.c.coin == bindparam("coin"))
    .where(champion_decisions.c.day < bindparam("before"), champion_decisions.c.day >= bindparam("since"))
    .order_by(_DAY, _MANUAL_FIRST, _ID)
)


class ChampionLog:
    """The table of champion decisions."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def decide(self, decision: ChampionDecision) -> None:
        """Writes a decision in a transaction of its own, as `write`.

        Raises:
            RegistryError: it names a version that is not published, or one of another coin.
        """
        self._database.transact(lambda connection: self.write(connection, decision))

    @staticmethod
    def write(connection: Connection, decision: ChampionDecision) -> None:
        """Replaces the policy's decision of the coin-day, or adds one manually; in the caller's transaction.

        What repeats the decision that the same side (policy or person) took last of the coin-day changes nothing.

        Raises:
            RegistryError: it names a version that is not published, or one of another coin.
        """
        if decision.version_id is not None:
            _require_own_version(connection, decision)
        same = _same_side(connection, decision)
        if same and _content(decision_of(same[0])) == _content(decision):
            _delete(connection, [] if decision.is_manual else same[1:])
            return
        _delete(connection, [] if decision.is_manual else same)
        values = {name: getattr(decision, name) for name in ChampionDecision.__dataclass_fields__}
        connection.execute(insert(champion_decisions).values(**{**values, "statistics": dict(decision.statistics)}))

    def champion(self, coin: str, day: date | None = None) -> ModelVersion | None:
        """The version that forecasts `coin` after the decisions of all days up to `day`, all days when None."""
        columns = champion_decisions.c
        until = [] if day is None else [columns.day <= day]
        newest = (
            select(columns.version_id)
            .where(columns.coin == coin, *until)
            .order_by(_DAY, _MANUAL_FIRST, _ID)
            .limit(1)
            .scalar_subquery()
        )
        with self._database.read() as connection:
            row = connection.execute(select(model_versions).where(model_versions.c.id == newest)).first()
        return None if row is None else version_of(row)

    def champions(self, coins: Collection[str] | None = None) -> dict[str, str | None]:
        """The version that forecasts each coin, or each of these, after all decisions; None: none does."""
        columns = champion_decisions.c
        of_coins = [] if coins is None else [columns.coin.in_(coins)]
        days = select(columns.coin, func.max(columns.day).label("day")).where(*of_coins).group_by(columns.coin)
        newest = days.subquery()
        query = (
            select(columns.coin, columns.version_id)
            .join(newest, (newest.c.coin == columns.coin) & (newest.c.day == columns.day))
            .order_by(_MANUAL_FIRST.desc(), columns.id)
        )
        with self._database.read() as connection:
            # The decision that counts comes last.
            return {row.coin: row.version_id for row in connection.execute(query)}

    def without_champion(self, first: date, last: date) -> list[str]:
        """The coins whose newest decision of these days leaves them without a champion, in alphabetical order."""
        row = champion_decisions.c
        query = select(row.coin, row.version_id).where(row.day.between(first, last))
        counted: dict[str, str | None] = {}
        with self._database.read() as connection:
            for coin, version_id in connection.execute(query.order_by(_DAY, _MANUAL_FIRST, _ID)):
                counted.setdefault(coin, version_id)
        return sorted(coin for coin, version_id in counted.items() if version_id is None)

    def decisions(self, coin: str | None = None, day: date | None = None) -> list[ChampionDecision]:
        """Decisions of one coin, of one day, or all; newest day first, and of each day the one that counts first."""
        query = select(champion_decisions)
        if coin is not None:
            query = query.where(champion_decisions.c.coin == coin)
        if day is not None:
            query = query.where(champion_decisions.c.day == day)
        with self._database.read() as connection:
            return [decision_of(row) for row in connection.execute(query.order_by(_DAY, _MANUAL_FIRST, _ID))]

    def standing(self, coin: str, *, before: date, since: date = date.min) -> list[ChampionDecision]:
        """What was decided about a coin on the days from `since` to the one before `before`, in the order of `decisions`.

        Of the policy one decision a day: coin_models 0.1 kept those that a later run of the day took back, as older rows.
        """
        values = {"coin": coin, "before": before, "since": since}
        with self._database.read() as connection:
            decisions = [decision_of(row) for row in connection.execute(_STANDING, values)]
        standing: list[ChampionDecision] = []
        decided: set[date] = set()  # by the policy
        for decision in decisions:
            if decision.is_manual:
                standing.append(decision)
            elif decision.day not in decided:
                standing.append(decision)
                decided.add(decision.day)
        return standing


def _require_own_version(connection: Connection, decision: ChampionDecision) -> None:
    query = select(model_versions.c.coin).where(model_versions.c.id == decision.version_id)
    coin = connection.execute(query).scalar_one_or_none()
    if coin != decision.coin:
        actual = "is not published" if coin is None else f"is a version of {coin}"
        raise RegistryError(f"{decision.version_id} cannot be champion of {decision.coin}: it {actual}")


def _same_side(connection: Connection, decision: ChampionDecision) -> Sequence[Row[Any]]:
    """The rows of the coin-day that the same side wrote, newest first."""
    columns = champion_decisions.c
    by_policy = columns.decided_by == DECIDED_BY_POLICY
    query = select(champion_decisions).where(
        columns.coin == decision.coin, columns.day == decision.day, ~by_policy if decision.is_manual else by_policy
    )
    return connection.execute(query.order_by(columns.id.desc())).all()


def _delete(connection: Connection, rows: Sequence[Row[Any]]) -> None:
    if rows:
        ids = [row.id for row in rows]
        connection.execute(delete(champion_decisions).where(champion_decisions.c.id.in_(ids)))


def _content(decision: ChampionDecision) -> Sequence[object]:
    same = (decision.version_id, decision.decision, decision.decided_by, decision.reason)
    return same if decision.is_manual else (*same, dict(decision.statistics))


def chosen_manually(standing: Iterable[ChampionDecision], version_id: str) -> date | None:
    """The day as of which a person made this version champion, if it has been champion ever since; None: no person did.

    Args:
        standing: as `ChampionLog.standing` gives them: the first of each day counts.
    """
    seen: set[date] = set()
    for decision in standing:
        if decision.day in seen:
            continue
        seen.add(decision.day)
        if decision.version_id != version_id:
            return None
        if decision.is_manual:
            return decision.day
    return None
