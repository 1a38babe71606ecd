"""Writes recorded forecasts, coin by coin, as one CSV or Parquet file; no more than one coin's are in memory."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from coin_models.trading.history.frames import INDEX, Selection, read_frames
from coin_models.trading.history.index import ForecastIndex

if TYPE_CHECKING:
    import pyarrow as pa

OnProgress = Callable[[int, int], None]
"""Called as `progress(coins done, coins)`."""


def write_csv(index: ForecastIndex, selection: Selection, stream: IO[str], progress: OnProgress) -> int:
    """Writes the rows below a line of column names, each number as the shortest text that gives it back; returns how many."""
    num_rows, num_coins = 0, _num_coins(selection)
    for number, frame in enumerate(read_frames(index, selection)):
        frame.to_csv(stream, header=number == 0)
        num_rows += len(frame)
        progress(number + 1, num_coins)
    return num_rows


def write_parquet(index: ForecastIndex, selection: Selection, path: Path, progress: OnProgress) -> int:
    """Writes a row group per coin; `pandas.read_parquet` gives the frame with its index. Returns the number of rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    num_rows, num_coins, writer = 0, _num_coins(selection), None
    try:
        for number, frame in enumerate(read_frames(index, selection)):
            table = pa.Table.from_pandas(frame, schema=_schema(selection.columns))
            writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
            writer.write_table(table)
            num_rows += len(frame)
            progress(number + 1, num_coins)
    finally:
        if writer is not None:
            writer.close()
    return num_rows


def _num_coins(selection: Selection) -> int:
    return len({one.coin for one in selection.days})


def _schema(columns: Sequence[str]) -> "pa.Schema":
    import pyarrow as pa

    text, moment, day = pa.string(), pa.timestamp("ms", tz="UTC"), pa.date32()
    types: dict[str, Any] = {
        **dict.fromkeys(("day", "version_day"), day),
        **dict.fromkeys(("coin", "role", "version_id"), text),
        "valid_until": moment,
    }
    return pa.schema([(INDEX, moment), *((name, types.get(name, pa.float64())) for name in columns)])
