"""`coin-models prune`: one value says what is removed; `--dry-run` prints it, the removal carries it out.

Each step is a short transaction, and a kill leaves what the next call continues from. A backup and a removal exclude each
other by a lease: a backup reads its rows before it copies the objects that they name.
"""

import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, delete, func, select

from coin_models.db.engine import Database
from coin_models.db.trading_schema import forecast_days
from coin_models.operations.turns import HOME, Turn
from coin_models.pipeline.prune.removals import num_noted, remove_objects
from coin_models.pipeline.prune.rules import DECISIONS, FORECASTS, RULES, Cutoff, RowRule
from coin_models.pipeline.prune.versions import OldVersion, note_removals, removable_versions, remove_versions
from coin_models.pipeline.services import Services
from coin_models.storage import keys

_AT_ONCE: Final = 2_000

OnProgress = Callable[[str, int, int], None]
"""Called as `progress(what, done, total)`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruning:
    """What is old enough to be removed."""

    cutoff: Cutoff
    rows: Mapping[str, int]  # by what they are
    versions: Sequence[OldVersion] = field(repr=False)
    num_objects: int  # of those rows, and of rows that were removed before a kill

    @property
    def is_empty(self) -> bool:
        """Whether nothing is old enough."""
        return not self.versions and not self.num_objects and not any(self.rows.values())

    @property
    def counts(self) -> dict[str, int]:
        """By what it is, how many are removed."""
        counted = {**self.rows, "model versions": len(self.versions), "objects": self.num_objects}
        return {what: number for what, number in counted.items() if number}

    def to_json(self) -> dict[str, Any]:
        """For `--json`."""
        return {"kept_from": self.cutoff.day.isoformat(), "removed": self.counts}


def plan_pruning(services: Services, now: datetime | None = None) -> Pruning:
    """What `prune` removes now, by the database's clock, or as of `now`.

    Raises:
        DatabaseError: the database cannot be read.
    """
    retention = services.settings.retention
    cutoff = Cutoff.of(retention, now or now_of(services))
    versions = removable_versions(services.database, cutoff, monthly=retention.monthly)
    with services.database.read() as connection:
        rows = {rule.what: _count(connection, rule, cutoff) for rule in RULES}
        num_forecasts = _count(connection, FORECASTS, cutoff, forecast_days.c.key.is_not(None))
    num_objects = 2 * len(versions) + num_forecasts + num_noted(services.database)
    return Pruning(cutoff=cutoff, rows=rows, versions=versions, num_objects=num_objects)


def prune(
    services: Services,
    pruning: Pruning,
    progress: OnProgress = lambda *_: None,
    *,
    is_over: Callable[[], bool] = lambda: False,
) -> bool:
    """Removes it; whether all of it is removed.

    Args:
        services: of the home.
        pruning: what `plan_pruning` gave.
        progress: shown how far it is.
        is_over: checked between two transactions; what is left is of the next call.

    Raises:
        Deferred: a backup is being made, or another process prunes.
        StoreError, DatabaseError: calling it again continues.
    """
    with Turn(services.leases, HOME, f"prune {uuid.uuid4().hex}") as turn:
        for what, total, steps in _steps(services, pruning):
            done = 0
            progress(what, done, total)
            for number in steps:
                done += number
                progress(what, done, total)
                turn.renew()
                if is_over():
                    return False
    return True


def _steps(services: Services, pruning: Pruning) -> Iterator[tuple[str, int, Iterator[int]]]:
    database, now = services.database, now_of(services)
    for rule in RULES:
        if pruning.rows[rule.what]:
            yield rule.what, pruning.rows[rule.what], _remove_rows(database, rule, pruning.cutoff, now)
    if pruning.versions:
        yield "model versions", len(pruning.versions), remove_versions(database, pruning.versions, now)
    noted = num_noted(database)
    if noted:
        yield "objects", noted, remove_objects(database, services.store, services.leases)


def now_of(services: Services) -> datetime:
    """By the database's clock: a machine whose clock is years ahead removes nothing."""
    with services.database.read() as connection:
        return connection.execute(select(services.database_clock.now())).scalar_one()


def _count(connection: Connection, rule: RowRule, cutoff: Cutoff, *more: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(rule.table).where(rule.is_old(cutoff), *more)
    return int(connection.execute(query).scalar_one())


def _remove_rows(database: Database, rule: RowRule, cutoff: Cutoff, now: datetime) -> Iterator[int]:
    column, is_old = rule.table.c[rule.column], rule.is_old(cutoff)
    with database.read() as connection:
        values = sorted(connection.execute(select(column).where(is_old).distinct()).scalars())
    at_once = 1 if rule.column == "day" else _AT_ONCE
    for start in range(0, len(values), at_once):
        chunk = values[start : start + at_once]

        def work(connection: Connection, chunk: Sequence[Any] = chunk) -> int:
            rows = delete(rule.table).where(column.in_(chunk), is_old)
            if rule is FORECASTS:
                removed_keys = connection.execute(rows.returning(rule.table.c.key)).scalars().all()
                note_removals(connection, (key for key in removed_keys if key is not None), now)
                return len(removed_keys)
            if rule is DECISIONS:  # the copies in the store follow the table
                note_removals(connection, (keys.decisions(day) for day in chunk), now)
            return connection.execute(rows).rowcount

        yield database.transact(work)
