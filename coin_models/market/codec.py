"""A day of candles as bytes, and back: small Parquet files that any tool can open.

Belongs here: the stored form of candles. Not here: where they are stored (`store`), other people's files (`sources.files`).
"""

from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from coin_models.errors import ObjectDamaged
from coin_models.market.candles import COLUMNS, Candles
from coin_models.market.timeframe import Timeframe, parse_timeframe

_TIMEFRAME_KEY: Final = b"coin_models.timeframe"
_SCHEMA: Final = pa.schema([("ts", pa.timestamp("ms", tz="UTC")), *((name, pa.float64()) for name in COLUMNS)])


def encode_day(candles: Candles) -> bytes:
    """Parquet of `ts` (UTC, open) and open, high, low, close, volume; equal candles give equal bytes."""
    columns = [pa.array(candles.open_time_ms, pa.timestamp("ms", tz="UTC")), *(pa.array(c) for c in candles.ohlcv.T)]
    schema = _SCHEMA.with_metadata({_TIMEFRAME_KEY: candles.timeframe.name.encode()})
    sink = pa.BufferOutputStream()
    # A dictionary and statistics only cost time here: prices hardly repeat, and an object is always read whole.
    with pq.ParquetWriter(sink, schema, compression="zstd", use_dictionary=False, write_statistics=False) as writer:
        writer.write_table(pa.Table.from_arrays(columns, schema=schema))
    return sink.getvalue().to_pybytes()


def decode(data: bytes) -> Candles:
    """Reads what `encode_day` wrote.

    Raises:
        ObjectDamaged: the bytes are no Parquet file of candles.
        CandlesRejected: they are, but the candles are not good.
    """
    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        timeframe = _timeframe_of(file)
        table = file.read(use_threads=False)
        times = table.column("ts").to_numpy().astype("datetime64[ms]").astype(np.int64)
        values = np.column_stack([table.column(name).to_numpy() for name in COLUMNS])
    except (pa.ArrowException, KeyError, OSError) as error:
        raise ObjectDamaged(
            f"{len(data)} bytes are no stored candles ({error}); delete the object to fetch that day again"
        ) from error
    return Candles(timeframe=timeframe, open_time_ms=times, ohlcv=values)


def _timeframe_of(file: pq.ParquetFile) -> Timeframe:
    return parse_timeframe((file.metadata.metadata or {})[_TIMEFRAME_KEY].decode())
