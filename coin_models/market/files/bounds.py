"""Bounds of numbers and dates: a Parquet file's own for each row group, and those of the calendar.

A file without page checksums shows no other sign of a damaged number that is a number still. A bound is what the format
promises: each value lies between them; a value that was damaged and lies there too is not noticed.
"""

from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from coin_models.errors import CandlesRejected
from coin_models.market.files.limits import quoted

_NUMBERS: Final = frozenset(
    {"INT32", "INT64", "FLOAT", "DOUBLE"}
)  # physical types whose bounds are the numbers themselves


_PER_SECOND: Final = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_CALENDAR_S: Final = (-62_135_510_400, 253_402_214_400)  # the years 1 to 9999 in any zone; Python shows no other date


def refuse_out_of_calendar(path: Path, table: pa.Table) -> None:
    """Raises CandlesRejected for dates beyond the years 1 to 9999: pandas holds them and can neither show nor compare them."""
    for field in table.schema:
        if pa.types.is_timestamp(field.type):
            column = table.column(table.schema.get_field_index(field.name))
            limits = pc.min_max(column.cast(pa.int64())).as_py()
            first, last = (second * _PER_SECOND[field.type.unit] for second in _CALENDAR_S)
            if limits["min"] is not None and not first <= limits["min"] <= limits["max"] <= last:
                raise CandlesRejected(
                    f"{path} is damaged: column {quoted(field.name)} holds a date that is not of the years 1 to 9999; copy the "
                    "file again, or remove it"
                )


def refuse_out_of_bounds(path: Path, metadata: pq.FileMetaData, table: pa.Table) -> None:
    """Refuses a file of which a number lies outside its row group's bounds.

    Args:
        path: of the file. metadata: its footer. table: its columns, as they were read.

    Raises:
        CandlesRejected: the number or the footer is damaged: path, column, rows and values.
    """
    start = 0
    for k in range(metadata.num_row_groups):
        group = metadata.row_group(k)
        part = table.slice(start, group.num_rows)
        for j in range(group.num_columns):
            _refuse_column(path, group.column(j), part, start)
        start += group.num_rows


def _refuse_column(path: Path, chunk: pq.ColumnChunkMetaData, part: pa.Table, start: int) -> None:
    bounds, name = chunk.statistics, chunk.path_in_schema
    places = part.schema.get_all_field_indices(name)
    if bounds is None or not bounds.has_min_max or chunk.physical_type not in _NUMBERS or len(places) != 1:
        return
    column = part.column(places[0])
    if not (pa.types.is_integer(column.type) or pa.types.is_floating(column.type)):
        return
    limits = pc.min_max(column).as_py()
    for value, is_outside in (
        (limits["min"], limits["min"] is not None and bool(limits["min"] < bounds.min)),
        (limits["max"], limits["max"] is not None and bool(limits["max"] > bounds.max)),
    ):
        if is_outside:
            row = start + int(pc.index(column, pa.scalar(value, column.type)).as_py()) + 1
            raise CandlesRejected(
                f"{path} is damaged: row {row} holds {value} in column {quoted(name)}, and its footer says that all lie "
                f"between {bounds.min} and {bounds.max}; copy the file again, or remove it"
            )
