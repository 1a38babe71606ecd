"""Which version forecasts each coin: the log of decisions, of which the newest day's counts.

On one day a decision by hand outranks the policy's, whichever was written later: a day that is run again takes nothing
back that a person decided. The policy has its say again with the evidence of the next day.

Belongs here: writing and reading decisions. Not here: the test that makes them (`trading`), loading (`champion.py`).
"""

from collections.abc import Iterable, Sequence
from datetime import date

from sqlalchemy import Connection, case, func, insert, select
from sqlalchemy.sql import ColumnElement

from coin_models.db.engine import Database
from coin_models.db.schema import DECIDED_BY_POLICY, champion_decisions, model_versions
from coin_models.errors import RegistryError
from coin_models.registry.versions import ChampionDecision, ModelVersion, decision_of, version_of

_DAY, _BY_HAND, _ID = (
    champion_decisions.c.day.desc(),
    case((champion_decisions.c.decided_by == DECIDED_BY_POLICY, 1), else_=0),
    champion_decisions.c.id.desc(),
)


class ChampionLog:
    """The table of champion decisions; rows are added, never changed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def decide(self, decision: ChampionDecision) -> None:
        """Adds a decision; one that repeats what the same side (policy or hand) said last of the coin-day is not added again.

        Raises:
            RegistryError: it names a version that is not published, or one of another coin.
        """
        self._database.transact(lambda connection: _add(connection, decision))

    def champion(self, coin: str, day: date | None = None) -> ModelVersion | None:
        """The version that forecasts `coin` after the decisions of all days up to `day`, all days when None."""
        decided = self._decided(day, champion_decisions.c.coin == coin)
        return decided.get(coin)

    def champions(self, day: date | None = None) -> dict[str, ModelVersion]:
        """The champion of every coin that has one, after the decisions of all days up to `day`."""
        return self._decided(day)

    def decisions(self, coin: str | None = None, day: date | None = None) -> list[ChampionDecision]:
        """Decisions of one coin, of one day, or all; newest day first, and of each day the one that counts first."""
        query = select(champion_decisions)
        if coin is not None:
            query = query.where(champion_decisions.c.coin == coin)
        if day is not None:
            query = query.where(champion_decisions.c.day == day)
        with self._database.read() as connection:
            return [decision_of(row) for row in connection.execute(query.order_by(_DAY, _BY_HAND, _ID))]

    def standing(self, coin: str, *, before: date) -> list[ChampionDecision]:
        """What was decided about a coin on the days before one, in the order of `decisions`.

        Of the policy the newest word on each day: a day that was run again with other candles takes the older one back.
        """
        standing: list[ChampionDecision] = []
        heard: set[date] = set()
        for decision in self.decisions(coin):
            if decision.day < before and (decision.is_by_hand or decision.day not in heard):
                standing.append(decision)
                heard |= set() if decision.is_by_hand else {decision.day}
        return standing

    def _decided(self, day: date | None, *conditions: ColumnElement[bool]) -> dict[str, ModelVersion]:
        columns = champion_decisions.c
        order = func.row_number().over(partition_by=columns.coin, order_by=(_DAY, _BY_HAND, _ID))
        until = [] if day is None else [columns.day <= day]
        newest = select(columns.version_id, order.label("place")).where(*until, *conditions).subquery()
        query = (
            select(model_versions).join(newest, model_versions.c.id == newest.c.version_id).where(newest.c.place == 1)
        )
        with self._database.read() as connection:
            return {version.coin: version for version in map(version_of, connection.execute(query))}


def _add(connection: Connection, decision: ChampionDecision) -> None:
    if decision.version_id is not None:
        _require_own_version(connection, decision)
    newest = _last_word(connection, decision)
    if newest is None or _content(newest) != _content(decision):
        values = {name: getattr(decision, name) for name in ChampionDecision.__dataclass_fields__}
        connection.execute(insert(champion_decisions).values(**{**values, "statistics": dict(decision.statistics)}))


def _require_own_version(connection: Connection, decision: ChampionDecision) -> None:
    query = select(model_versions.c.coin).where(model_versions.c.id == decision.version_id)
    coin = connection.execute(query).scalar_one_or_none()
    if coin != decision.coin:
        found = "is not published" if coin is None else f"is a version of {coin}"
        raise RegistryError(f"{decision.version_id} cannot be champion of {decision.coin}: it {found}")


def _last_word(connection: Connection, decision: ChampionDecision) -> ChampionDecision | None:
    """What the same side said last about the coin-day."""
    columns = champion_decisions.c
    same_side = (
        columns.decided_by != DECIDED_BY_POLICY if decision.is_by_hand else columns.decided_by == DECIDED_BY_POLICY
    )
    query = (
        select(champion_decisions)
        .where(columns.coin == decision.coin, columns.day == decision.day, same_side)
        .order_by(columns.id.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else decision_of(row)


def _content(decision: ChampionDecision) -> Sequence[object]:
    return (decision.version_id, decision.decision, decision.decided_by, decision.reason)


def chosen_by_hand(standing: Iterable[ChampionDecision], version_id: str) -> date | None:
    """The day as of which a person made this version champion, if it has been champion ever since; None: nobody did.

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
        if decision.is_by_hand:
            return decision.day
    return None
