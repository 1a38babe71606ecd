"""What a candle file may cost: caps on bytes, rows and text, looked at before anything is unpacked or parsed.

A file of 1.6 MB can unpack to 60 million rows (9 GB); one hostile file must not end the night of the other coins.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from coin_models.errors import CandlesRejected

MAX_BYTES: Final = 256 << 20  # of a file, and of what it unpacks to: 3 million lines of CSV of 89 characters
MAX_ROWS: Final = 3_000_000  # 5.7 years of one-minute candles; read, they hold 0.9 GB (Parquet) to 1.1 GB (CSV)
MAX_VALUES: Final = 12 * MAX_ROWS  # rows times columns; Binance's files have 12 columns
MAX_TEXT_LENGTH: Final = 64  # characters of a time or number that is written as text
QUOTED_LENGTH: Final = 40  # characters of a file's content that a sentence may show
_SPLIT: Final = "split it: a coin may have several files"


def quoted(text: object) -> str:
    """The start of what a file holds, for a sentence: a file that is no candle file may hold anything."""
    return repr(str(text)[:QUOTED_LENGTH])


def refuse_bytes(path: Path, num_bytes: int) -> None:
    """Raises CandlesRejected for a file, or what it unpacks to, of too many bytes."""
    if num_bytes > MAX_BYTES:
        raise CandlesRejected(f"{path} holds more than {MAX_BYTES:,} bytes, which is the most that is read; {_SPLIT}")


def refuse_rows(path: Path, num_rows: int, num_values: int = 0) -> None:
    """Raises CandlesRejected for too many rows, or too many values in all columns together."""
    if num_rows > MAX_ROWS:
        raise CandlesRejected(f"{path} has {num_rows:,} rows, and at most {MAX_ROWS:,} are read; {_SPLIT}")
    if num_values > MAX_VALUES:
        raise CandlesRejected(f"{path} has {num_values:,} values, and at most {MAX_VALUES:,} are read: no candle file")


def refuse_parquet(path: Path, metadata: pq.FileMetaData) -> None:
    """Looks at the footer, which says how many rows and values there are; raises CandlesRejected."""
    groups = [metadata.row_group(k) for k in range(metadata.num_row_groups)]
    num_values = sum(group.column(k).num_values for group in groups for k in range(group.num_columns))
    refuse_rows(path, max(metadata.num_rows, sum(group.num_rows for group in groups)), num_values)


def refuse_arrow(path: Path, content: pa.Buffer) -> None:
    """Counts the rows of an Arrow file by its first column alone, batch by batch; raises CandlesRejected."""
    options = pa.ipc.IpcReadOptions(included_fields=[0], use_threads=False)
    reader = pa.ipc.open_file(pa.BufferReader(content), options=options)
    num_columns, num_rows = len(pa.ipc.open_file(pa.BufferReader(content)).schema), 0
    for k in range(reader.num_record_batches):
        num_rows += reader.get_batch(k).num_rows
        refuse_rows(path, num_rows, num_rows * num_columns)


def text_columns(schema: pa.Schema) -> list[str]:
    """Names of the columns of text: read as dictionaries, a text that repeats a million times is held once."""
    return [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_binary(field.type)]


def decoded(path: Path, table: pa.Table, names: Iterable[str]) -> pa.Table:
    """The table with its dictionaries of text as plain text; raises CandlesRejected for texts that are no time or number."""
    for name in names:
        place = table.schema.get_field_index(name)
        column = table.column(place)
        if not pa.types.is_dictionary(column.type):
            continue
        lengths = [len(value) for chunk in column.chunks for value in chunk.dictionary.to_pylist() if value is not None]
        if max(lengths, default=0) > MAX_TEXT_LENGTH:
            raise CandlesRejected(
                f"{path}: column {quoted(name)} holds a text of {max(lengths):,} characters: no candle file"
            )
        table = table.set_column(place, name, column.cast(column.type.value_type))
    return table
