"""Encodes a coin-day of forecasts as a Parquet file that any tool can open, and decodes it; equal values give equal bytes.

| column | |
|---|---|
| `day`, `coin` | the trading day and the coin |
| `role` | champion, reference, challenger; `outcome`: no forecast, what became known on this day of one of the day before |
| `version_id`, `version_day` | who forecast, and the last day of candles that it was fitted on |
| `made_at`, `valid_until` | close of the last candle that it saw, and the end of the horizon, UTC |
| `quantile_<level>` | log return over the horizon |
| `reference_<level>` | the same by the version's reference; null where the role is reference |
| `unconditional_<level>` | quantiles of all outcomes before the day, in units of `scale` |
| `scale` | volatility over the horizon, known when the forecast was made |
| `realised` | log return that followed; null where its end lies after the day |

pyarrow is imported only when forecasts are read or written.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from coin_models.errors import ObjectDamaged
from coin_models.settings.levels import QUANTILE, REFERENCE, UNCONDITIONAL, level_column
from coin_models.trading.forecasts import Array
from coin_models.trading.history.day import DayForecasts, RoleForecasts, TimesMs
from coin_models.trading.history.records import EncodedDay

if TYPE_CHECKING:
    import pyarrow as pa

OUTCOME: Final = "outcome"
_SCHEMA_KEY: Final = b"coin_models.forecasts"
_SCHEMA: Final = b"1"


def encode_day(forecasts: DayForecasts) -> EncodedDay:
    """What is to be stored of a day."""
    return EncodedDay(
        coin=forecasts.coin,
        day=forecasts.day,
        data=encode_forecasts(forecasts) if forecasts.roles else None,
        levels=forecasts.levels,
        num_forecasts=forecasts.num_forecasts,
    )


def encode_forecasts(forecasts: DayForecasts) -> bytes:
    """The Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    parts = [_outcome_rows(forecasts), *(_role_rows(forecasts, role) for role in forecasts.roles)]
    table = pa.concat_tables(parts, promote_options="default")
    names = _ordered(forecasts.levels)
    table = table.select([name for name in names if name in table.column_names])
    numbers = [
        name for name in table.column_names if name.startswith((QUANTILE, REFERENCE)) or name in ("scale", "realised")
    ]
    sink = pa.BufferOutputStream()
    # zstd over split bytes takes a fifth less than snappy; statistics and Arrow's own schema only take space here.
    with pq.ParquetWriter(
        sink,
        table.schema,
        compression="zstd",
        use_dictionary=[name for name in table.column_names if name not in numbers],
        use_byte_stream_split=numbers,
        write_statistics=False,
        write_page_checksum=True,
        store_schema=False,
    ) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({_SCHEMA_KEY: _SCHEMA})
    return bytes(sink.getvalue().to_pybytes())


def decode_forecasts(name: str, data: bytes) -> "pa.Table":
    """Reads what `encode_forecasts` wrote.

    Raises:
        ObjectDamaged: the bytes are no such file.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True)
        schema = (file.metadata.metadata or {}).get(_SCHEMA_KEY)
        table = file.read(use_threads=False)
    except (pa.ArrowException, OSError) as error:
        raise ObjectDamaged(f"{name}: {len(data)} bytes are not stored forecasts ({error})") from error
    if schema != _SCHEMA:
        raise ObjectDamaged(f"{name} holds forecasts of schema {schema!r}, this code reads {_SCHEMA!r}: upgrade it")
    return table


def _ordered(levels: Sequence[float]) -> list[str]:
    by_level = [level_column(prefix, level) for prefix in (QUANTILE, REFERENCE, UNCONDITIONAL) for level in levels]
    return [
        "day",
        "coin",
        "role",
        "version_id",
        "version_day",
        "made_at",
        "valid_until",
        *by_level,
        "scale",
        "realised",
    ]


def _role_rows(forecasts: DayForecasts, made: RoleForecasts) -> "pa.Table":
    import pyarrow as pa

    num, outcomes = len(made.quantiles), made.outcomes
    columns = {
        **_labels(forecasts, made.role.value, num),
        "version_id": pa.array([made.version_id] * num, pa.string()),
        "version_day": pa.array([made.version_day] * num, pa.date32()),
        "made_at": _times(outcomes.made_at_ms),
        "valid_until": _times(outcomes.valid_until_ms),
        **_by_level(QUANTILE, made.levels, made.quantiles),
        **_by_level(REFERENCE, made.levels, made.reference),
        **_by_level(UNCONDITIONAL, made.levels, np.tile(made.unconditional, (num, 1))),
        "scale": _numbers(made.scale),
        "realised": _numbers(outcomes.realised),
    }
    return pa.table(columns)


def _outcome_rows(forecasts: DayForecasts) -> "pa.Table":
    import pyarrow as pa

    earlier = forecasts.earlier
    columns = {
        **_labels(forecasts, OUTCOME, len(earlier.realised)),
        "made_at": _times(earlier.made_at_ms),
        "valid_until": _times(earlier.valid_until_ms),
        "realised": _numbers(earlier.realised),
    }
    return pa.table(columns)


def _labels(forecasts: DayForecasts, role: str, num: int) -> dict[str, Any]:
    import pyarrow as pa

    return {
        "day": pa.array([forecasts.day] * num, pa.date32()),
        "coin": pa.array([forecasts.coin] * num, pa.string()),
        "role": pa.array([role] * num, pa.string()),
    }


def _by_level(prefix: str, levels: Sequence[float], values: Array | None) -> dict[str, Any]:
    if values is None:
        return {}
    return {level_column(prefix, level): _numbers(values[:, k]) for k, level in enumerate(levels)}


def _times(times_ms: TimesMs) -> Any:
    import pyarrow as pa

    return pa.array(times_ms, pa.timestamp("ms", tz="UTC"))


def _numbers(values: Array) -> Any:
    """NaN is null: a number that is not known."""
    import pyarrow as pa

    return pa.array(np.ascontiguousarray(values), pa.float64(), from_pandas=True)
