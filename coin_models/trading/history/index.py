"""The table `forecast_days`: which object holds a coin-day's forecasts. The objects are immutable, the row says which counts.

A day that is traded again gets another object if anything about it differs; the former one is noted for `coin-models prune`.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, delete, select

from coin_models.clock import Clock
from coin_models.db.engine import Database
from coin_models.db.schema import derived_days, removals
from coin_models.db.trading_schema import forecast_days
from coin_models.db.upsert import insert_for
from coin_models.errors import ObjectDamaged, ObjectNotFound
from coin_models.storage import keys
from coin_models.storage.object_store import ObjectStore, check_bytes, sha256_hex
from coin_models.trading.history.records import EncodedDay, RecordedDay

_AT_ONCE: Final = 100  # days that are read at once: 4 MB
_COINS_PER_QUERY: Final = 500
_THREADS: Final = 8


class ForecastIndex:
    """The recorded days of a home, and their objects."""

    def __init__(self, database: Database, store: ObjectStore, clock: Clock) -> None:
        self._database, self._store, self._clock = database, store, clock

    def store(self, encoded: EncodedDay) -> RecordedDay:
        """Stores the object; it counts once `replace` has written its row.

        Raises:
            StoreError: it may be called again.
        """
        key = sha256 = None
        if encoded.data is not None:
            sha256 = sha256_hex(encoded.data)
            key = keys.forecast_day(encoded.coin, encoded.day, sha256)
            self._store.put(key, encoded.data)
        return RecordedDay(
            coin=encoded.coin,
            day=encoded.day,
            key=key,
            sha256=sha256,
            levels=encoded.levels,
            num_forecasts=encoded.num_forecasts,
        )

    def replace(self, connection: Connection, recorded: RecordedDay) -> None:
        """Writes the row in place of the former one, whose object is then noted for removal; in the caller's transaction."""
        now = self._clock.now()
        row = forecast_days.c
        where = (row.coin == recorded.coin, row.day == recorded.day)
        former = connection.execute(select(row.key).where(*where)).scalar_one_or_none()
        connection.execute(delete(forecast_days).where(*where))
        connection.execute(insert_for(connection, forecast_days).values(**row_of(recorded, now)))
        if former is not None and former != recorded.key:
            note = insert_for(connection, removals).values(key=former, noted_at=now)
            connection.execute(note.on_conflict_do_nothing())
        if recorded.key is not None:
            connection.execute(delete(removals).where(removals.c.key == recorded.key))

    def add(self, recorded: Sequence[RecordedDay]) -> None:
        """Adds days of which there is no row."""
        rows = [row_of(one, self._clock.now()) for one in recorded]
        if rows:
            self._database.transact(
                lambda connection: connection.execute(
                    insert_for(connection, forecast_days).on_conflict_do_nothing(), rows
                )
            )

    def days(self, coins: Collection[str] | None, first: date, last: date) -> list[RecordedDay]:
        """The recorded days of these coins, of all when None, coin by coin, oldest first."""
        row = forecast_days.c
        query = select(forecast_days).where(row.day.between(first, last)).order_by(row.coin, row.day)
        with self._database.read() as connection:
            return [_recorded(item) for item in _of_coins(connection, query, row.coin, coins)]

    def unrecorded(self, coins: Collection[str] | None, first: date, last: date) -> list[tuple[str, date]]:
        """Coin-days that were traded, and of which no forecasts are recorded: an earlier version of this program did it."""
        row, recorded = derived_days.c, forecast_days.c
        query = (
            select(row.coin, row.day)
            .outerjoin(forecast_days, (recorded.coin == row.coin) & (recorded.day == row.day))
            .where(row.kind == "trades", row.day.between(first, last), recorded.coin.is_(None))
            .order_by(row.coin, row.day)
        )
        with self._database.read() as connection:
            return [(item.coin, item.day) for item in _of_coins(connection, query, row.coin, coins)]

    def read(self, recorded: Sequence[RecordedDay]) -> Iterator[tuple[RecordedDay, bytes]]:
        """The bytes of those that have an object, in their order, each checked.

        Raises:
            ObjectDamaged: naming the object that is not there or not as it was written, and what to do.
        """
        with_key = [one for one in recorded if one.key is not None]
        for start in range(0, len(with_key), _AT_ONCE):
            chunk = with_key[start : start + _AT_ONCE]
            data = self._store.get_many([str(one.key) for one in chunk])
            for one in chunk:
                yield one, self._checked(one, data.get(str(one.key)))

    def verify(self, recorded: Sequence[RecordedDay], progress: Callable[[int], None] = lambda _: None) -> list[str]:
        """Reads every object; a sentence for each that is not there or not as it was written."""
        problems: list[str] = []
        with_key = [one for one in recorded if one.key is not None]
        with ThreadPoolExecutor(_THREADS, thread_name_prefix="verify") as pool:
            for number, problem in enumerate(pool.map(self._problem, with_key), start=1):
                progress(number)
                problems.extend([problem] if problem else [])
        return problems

    def _problem(self, recorded: RecordedDay) -> str | None:
        try:
            data = self._store.get(str(recorded.key))
        except ObjectNotFound:
            data = None
        except ObjectDamaged as error:
            return str(error)
        try:
            self._checked(recorded, data)
        except ObjectDamaged as error:
            return str(error)
        return None

    def _checked(self, recorded: RecordedDay, data: bytes | None) -> bytes:
        again = (
            f"`coin-models forecasts record --again --from {recorded.day} --to {recorded.day} --coins {recorded.coin}`"
        )
        if data is None:
            raise ObjectDamaged(f"{recorded.key} is not in {self._store.url}; {again} makes it again")
        try:
            return check_bytes(str(recorded.key), data, recorded.sha256, where=self._store.url)
        except ObjectDamaged as error:
            raise ObjectDamaged(f"{error}; {again} makes it again") from error


def row_of(recorded: RecordedDay, now: datetime) -> dict[str, Any]:
    """The row, as the table has it."""
    return {
        "coin": recorded.coin,
        "day": recorded.day,
        "key": recorded.key,
        "sha256": recorded.sha256,
        "levels": list(recorded.levels),
        "num_forecasts": recorded.num_forecasts,
        "computed_at": now,
    }


def _recorded(row: Row[Any]) -> RecordedDay:
    return RecordedDay(
        coin=row.coin,
        day=row.day,
        key=row.key,
        sha256=row.sha256,
        levels=tuple(row.levels),
        num_forecasts=row.num_forecasts,
    )


def _of_coins(connection: Connection, query: Select[Any], column: Any, coins: Collection[str] | None) -> list[Row[Any]]:
    if coins is None:
        return list(connection.execute(query))
    names = sorted(coins)
    rows: list[Row[Any]] = []
    for start in range(0, len(names), _COINS_PER_QUERY):
        rows += connection.execute(query.where(column.in_(names[start : start + _COINS_PER_QUERY])))
    return rows
