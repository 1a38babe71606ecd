"""Encodes a day of candles as a small Parquet file that any tool can open, and decodes it.

pyarrow is imported only when candles are read or written, since `status` reads none.
"""

from collections.abc import Iterable
from typing import Final

import numpy as np

from coin_models.errors import CandlesRejected, ObjectDamaged
from coin_models.market.candles import COLUMNS, Candles, TimesMs, Values
from coin_models.market.timeframe import Timeframe

_TIMEFRAME_KEY: Final = b"coin_models.timeframe"


def encode_day(candles: Candles) -> bytes:
    """Parquet of `ts` (UTC, open) and open, high, low, close, volume; equal candles give equal bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([("ts", pa.timestamp("ms", tz="UTC")), *((name, pa.float64()) for name in COLUMNS)])
    columns = [pa.array(candles.open_time_ms, pa.timestamp("ms", tz="UTC")), *(pa.array(c) for c in candles.ohlcv.T)]
    sink = pa.BufferOutputStream()
    # A dictionary and statistics only cost time: prices hardly repeat, and an object is always read whole.
    # zstd would save a quarter of snappy's 11 kB a day and take twice as long both ways.
    # Checksums per page cost 5 microseconds a day; without them nine of ten flipped bits come back as other prices.
    with pq.ParquetWriter(
        sink,
        schema,
        compression="snappy",
        use_dictionary=False,
        write_statistics=False,
        store_schema=False,
        write_page_checksum=True,
    ) as writer:
        writer.write_table(pa.Table.from_arrays(columns, schema=schema))
        writer.add_key_value_metadata({_TIMEFRAME_KEY: candles.timeframe.name.encode()})
    return bytes(sink.getvalue().to_pybytes())


def decode(data: bytes, timeframe: Timeframe) -> Candles:
    """Reads what `encode_day` wrote.

    Raises:
        ObjectDamaged: the bytes are no Parquet file of good candles of this timeframe.
    """
    return decode_days([("the object", data)], timeframe)


def decode_days(days: Iterable[tuple[str, bytes]], timeframe: Timeframe) -> Candles:
    """The candles of many days, given as (name for errors, bytes) in the order of time; checked once, as a whole.

    Raises:
        ObjectDamaged: naming the object whose bytes are no Parquet file of candles of this timeframe, or what is wrong
            with the candles together.
    """
    parts = [_decode_columns(name, data, timeframe) for name, data in days]
    times = np.concatenate([np.empty(0, np.int64), *(part[0] for part in parts)])
    values = np.concatenate([np.empty((0, 5)), *(part[1] for part in parts)])
    try:
        return Candles(timeframe=timeframe, open_time_ms=times, ohlcv=values)
    except CandlesRejected as error:
        raise ObjectDamaged(f"stored candles are not what was written: {error}; delete that day's object") from error


def _decode_columns(name: str, data: bytes, timeframe: Timeframe) -> tuple[TimesMs, Values]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(pa.BufferReader(data), page_checksum_verification=True)  # of pages that have one
        stored = (file.metadata.metadata or {}).get(_TIMEFRAME_KEY, b"").decode()
        table = file.read(use_threads=False)
        times = table.column("ts").to_numpy().astype("datetime64[ms]").view(np.int64)
        values = np.column_stack([table.column(column).to_numpy() for column in COLUMNS])
    except (pa.ArrowException, KeyError, OSError, UnicodeDecodeError) as error:
        raise ObjectDamaged(
            f"{name}: {len(data)} bytes are not stored candles ({error}); delete it to fetch that day again"
        ) from error
    if stored != timeframe.name:
        raise ObjectDamaged(f"{name} holds candles of timeframe {stored!r}, expected {timeframe.name}; delete it")
    return times, values
