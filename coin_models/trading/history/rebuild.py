"""Makes the table of recorded days again from the objects in the store; of several objects of a coin-day the newest counts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from coin_models.errors import ObjectDamaged
from coin_models.settings.levels import QUANTILE
from coin_models.storage import keys
from coin_models.storage.object_store import ObjectInfo, ObjectStore, sha256_hex
from coin_models.storage.reading import read_each
from coin_models.trading.history.codec import OUTCOME, decode_forecasts
from coin_models.trading.history.index import ForecastIndex
from coin_models.trading.history.records import RecordedDay

_AT_ONCE: Final = 400

OnProgress = Callable[[int, int], None]
"""Called as `progress(done, total)`."""


@dataclass(slots=True, kw_only=True)
class RebuiltForecasts:
    """What the store has, and what was written into the table."""

    num_added: int = 0
    num_existing: int = 0
    left_out: dict[str, str] = field(default_factory=dict)  # by key, why


def rebuild_forecasts(index: ForecastIndex, store: ObjectStore, progress: OnProgress) -> RebuiltForecasts:
    """Adds the coin-days that the store has and the table lacks. A damaged object is left out.

    Raises:
        StoreError, DatabaseError: calling it again continues.
    """
    result = RebuiltForecasts()
    newest = _newest(store.list(keys.FORECASTS))
    existing = {(one.coin, one.day) for one in index.days(None, date.min, date.max)}
    result.num_existing = len(newest.keys() & existing)
    wanted = [info for coin_day, info in newest.items() if coin_day not in existing]
    for start in range(0, len(wanted), _AT_ONCE):
        progress(start, len(wanted))
        days = _read(store, [info.key for info in wanted[start : start + _AT_ONCE]], result)
        index.add(days)
        result.num_added += len(days)
    progress(len(wanted), len(wanted))
    return result


def _newest(objects: Sequence[ObjectInfo]) -> dict[tuple[str, date], ObjectInfo]:
    newest: dict[tuple[str, date], ObjectInfo] = {}
    for info in objects:
        named = keys.forecast_day_of(info.key)
        if named is not None:
            coin_day = named[:2]
            other = newest.get(coin_day)
            if other is None or (info.modified, info.key) > (other.modified, other.key):
                newest[coin_day] = info
    return newest


def _read(store: ObjectStore, wanted: Sequence[str], result: RebuiltForecasts) -> list[RecordedDay]:
    data, problems = read_each(store, wanted)
    result.left_out |= problems
    days = []
    for key, content in data.items():
        day = recorded_day(key, content)
        if isinstance(day, str):
            result.left_out[key] = day
        else:
            days.append(day)
    return days


def recorded_day(key: str, data: bytes) -> RecordedDay | str:
    """The row of an object, or why there is none."""
    named, sha256 = keys.forecast_day_of(key), sha256_hex(data)
    if named is None or not sha256.startswith(named[2]):
        return f"it is damaged: its {len(data)} bytes have the digest {sha256[:16]}"
    try:
        table = decode_forecasts(key, data)
    except ObjectDamaged as error:
        return f"it is damaged: {error}"
    levels = [name.removeprefix(f"{QUANTILE}_") for name in table.column_names if name.startswith(f"{QUANTILE}_")]
    roles = table.column("role").to_pylist()
    return RecordedDay(
        coin=named[0],
        day=named[1],
        key=key,
        sha256=sha256,
        levels=tuple(sorted(float(level) for level in levels)),
        num_forecasts=len(roles) - roles.count(OUTCOME),
    )
