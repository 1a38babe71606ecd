"""The table of known facts about each stored day of candles: read for many coins at once, merged under a lock.

A month's row is locked before it is merged (SQLite: the one writer; PostgreSQL: FOR UPDATE), so that of two processes
that store days of the same month neither loses the other's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any, Final

import numpy as np
from sqlalchemy import Connection, bindparam, select, update

from coin_models.clock import Clock
from coin_models.db.engine import Database
from coin_models.db.schema import candle_months as table
from coin_models.db.upsert import insert_for
from coin_models.market.history import History, Rows, empty_history, unknown_days
from coin_models.market.months import join_months, merge_month, month_of, num_days_of, pack_month, unpack_month
from coin_models.market.timeframe import Timeframe

_EARLIEST: Final = date(1970, 1, 1)
_MAX_COINS_A_QUERY: Final = 500
_ROWS: Final = (
    select(table.c.coin, table.c.month, table.c.days)
    .where(table.c.timeframe == bindparam("timeframe"), table.c.coin.in_(bindparam("coins", expanding=True)))
    .where(table.c.month.between(bindparam("first"), bindparam("last")))
    .order_by(table.c.coin, table.c.month)
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DayRecord:
    """What is to be noted of one day: its row, (1,), and where it came from."""

    row: Rows
    source: str


class CandleIndex:
    """The stored days of one timeframe, as facts."""

    def __init__(self, database: Database, timeframe: Timeframe, clock: Clock) -> None:
        self._database, self.timeframe, self._clock = database, timeframe, clock

    def histories(
        self, coins: Sequence[str], first: date | None = None, last: date | None = None
    ) -> dict[str, History]:
        """The history of each coin, by whole months, of the months that hold `first` to `last`; unset: all."""
        months = month_of(first or _EARLIEST), month_of(last or date.max)
        by_coin: dict[str, History] = {}
        with self._database.read() as connection:
            for start in range(0, len(coins), _MAX_COINS_A_QUERY):
                rows = self._rows(connection, coins[start : start + _MAX_COINS_A_QUERY], *months)
                for coin, group in groupby(rows, key=lambda row: row[0]):
                    by_coin[coin] = join_months(self.timeframe, [(month, data) for _, month, data in group])
        return {coin: by_coin.get(coin) or empty_history(self.timeframe, first or _EARLIEST) for coin in coins}

    def coins(self) -> tuple[str, ...]:
        """The coins of which anything is known, sorted."""
        query = select(table.c.coin).where(table.c.timeframe == self.timeframe.name).distinct().order_by(table.c.coin)
        with self._database.read() as connection:
            return tuple(connection.execute(query).scalars())

    def record(self, coin: str, days: Mapping[date, DayRecord]) -> None:
        """Merges what is known of these days into the coin's months; see `merge_month` for which answer counts."""

        def merge(month: date, stored: tuple[Rows, tuple[str, ...]]) -> tuple[Rows, tuple[str, ...]]:
            return merge_month(stored, _month_of_records(month, days))

        self._change(coin, days, merge)

    def forget(self, coin: str, days: Iterable[date]) -> None:
        """Drops what is known of these days, so that they are requested again."""
        dropped = list(days)
        self._change(
            coin, dropped, lambda month, stored: merge_month(_without(month, stored, dropped), _nothing(month))
        )

    def _rows(self, connection: Connection, coins: Sequence[str], first: date, last: date) -> Iterable[Any]:
        values = {"timeframe": self.timeframe.name, "coins": list(coins), "first": first, "last": last}
        return connection.execute(_ROWS, values)

    def _change(self, coin: str, days: Iterable[date], change: Any) -> None:
        months = sorted({month_of(day) for day in days})

        def work(connection: Connection) -> None:
            for month in months:
                self._change_month(connection, coin, month, change)

        if months:
            self._database.transact(work)

    def _change_month(self, connection: Connection, coin: str, month: date, change: Any) -> None:
        key = {"timeframe": self.timeframe.name, "coin": coin, "month": month}
        nothing = pack_month(*_nothing(month))
        connection.execute(
            insert_for(connection, table)
            .values(**key, days=nothing, updated_at=self._clock.now())
            .on_conflict_do_nothing()
        )
        where = [table.c[name] == value for name, value in key.items()]
        data = connection.execute(select(table.c.days).where(*where).with_for_update()).scalar_one()
        changed = pack_month(*change(month, unpack_month(bytes(data))))
        if changed != data:
            connection.execute(update(table).where(*where).values(days=changed, updated_at=self._clock.now()))


def _nothing(month: date) -> tuple[Rows, tuple[str, ...]]:
    """A month of which nothing is known."""
    return unknown_days(num_days_of(month)), ()


def _month_of_records(month: date, days: Mapping[date, DayRecord]) -> tuple[Rows, tuple[str, ...]]:
    part = {day: record for day, record in days.items() if month_of(day) == month}
    names = tuple(sorted({record.source for record in part.values()}))
    rows = unknown_days(num_days_of(month))
    for day, record in part.items():
        rows[day.day - 1] = record.row[0]
        rows["source"][day.day - 1] = names.index(record.source)
    return rows, names


def _without(month: date, stored: tuple[Rows, tuple[str, ...]], days: Iterable[date]) -> tuple[Rows, tuple[str, ...]]:
    rows = np.array(stored[0])
    for day in days:
        if month_of(day) == month:
            rows[day.day - 1] = unknown_days(1)[0]
    return rows, stored[1]
