"""The raw table of a candle file, whatever its format: pandas and pyarrow read it, and no rule about rows applies here.

The whole file is read first: the digest is of the parsed bytes, and a defect of the content is never taken for an
unavailable folder. Pickle is never loaded.
"""

import bz2
import codecs
import gzip
import io
import json
import lzma
import re
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq

from coin_models.errors import CandlesRejected
from coin_models.market.files.bounds import refuse_out_of_bounds, refuse_out_of_calendar
from coin_models.market.files.columns import find_header
from coin_models.market.files.limits import (
    decoded,
    refuse_arrow,
    refuse_bytes,
    refuse_parquet,
    refuse_rows,
    text_columns,
)

NUM_VALUES: Final = 6  # of a candle: time, open, high, low, close, volume
_DUMP: Final = re.compile(r"(?P<pair>[A-Z0-9]{3,40})-\d{1,2}[A-Z]{1,2}-\d{4}-\d\d(?:-\d\d)?\.CSV", re.ASCII)
_QUOTED: Final = re.compile('"[^"]*"')
_MAX_LINE_LENGTH: Final = 10_000  # characters; csv itself refuses fields of 131,072
_PIECE_BYTES: Final = 1 << 20
_ARROW: Final = b"ARROW1"
_MAGIC: Final = {b"\x1f\x8b": ".gz", b"BZh": ".bz2", b"\xfd7zXZ": ".xz", b"\x28\xb5\x2f\xfd": ".zst", b"PK\x03\x04": ".zip",
    b"PAR1": ".parquet", _ARROW: ".feather"}  # fmt: skip
_TEXT: Final = frozenset({".csv", ".tsv", ".json"})
_ENCODINGS: Final = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))  # else UTF-8


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Raw columns of a file, and how its rows are called in sentences."""

    path: Path
    names: list[str] | None  # of its columns; None: it has no header
    frame: pd.DataFrame  # columns by position
    numbers: npt.NDArray[np.int64]  # (N,) line or row number of each row, from 1
    row_word: str = "row"  # or "line"
    num_closed: int | None = None
    """Fields of the last line that are whole, where it has no line end and nothing proves that it is; None elsewhere."""
    num_fields: npt.NDArray[np.int64] | None = None  # (N,) of each line; None where rows cannot be shorter

    def where(self, index: int) -> str:
        """`BTC_USDT.csv, line 17` of a row."""
        return f"{self.path.name}, {self.row_word} {self.numbers[int(index)]}"

    def refuse_short_lines(self, asked: npt.NDArray[np.bool_], last_used: int) -> None:
        """Refuses lines that end before the last column that is read: a line end within a number makes two of one.

        Args:
            asked: (N,) the lines in question. last_used: position of the last column that is read.

        Raises:
            CandlesRejected: there is one; the line before may be its beginning.
        """
        if self.num_fields is None:
            return
        short = np.flatnonzero(asked & (self.num_fields <= last_used))
        if len(short):
            raise CandlesRejected(
                f"{self.path} cannot be read safely: line {self.numbers[short[0]]} has {self.num_fields[short[0]]} of "
                f"{last_used + 1} values ({len(short)} such lines), as where a line was broken in two. Correct or remove the file"
            )


def parse_table(path: Path, content: bytes, coin: str) -> Table:
    """The table in the bytes of a file.

    Args:
        path: tells the format. content: the file's bytes. coin: base asset, by which a header is told.

    Raises:
        CandlesRejected: the bytes are no such table: path and reason.
    """
    try:
        suffix, unpacked = _unpacked(path, content, coin)
        return _READERS[suffix](path, unpacked, coin)
    except CandlesRejected:
        raise
    except UnicodeDecodeError as error:
        raise CandlesRejected(
            f"{path} is not text in UTF-8 or UTF-16{_kind_of(path, content)}; correct or remove it"
        ) from error
    except Exception as error:
        what = (str(error).splitlines() or [""])[0][:200] or type(error).__name__
        raise CandlesRejected(f"{path} cannot be read as candles: {what}; correct or remove it") from error


def _kind_of(path: Path, content: bytes) -> str:
    """What the first bytes of a file say that it is, for the sentence of a refusal; empty where they say nothing."""
    kind = next((kind for magic, kind in _MAGIC.items() if content.startswith(magic)), path.suffix)
    return f": its first bytes are those of {kind}, so rename it to end in {kind}" if kind != path.suffix else ""


def _unpacked(path: Path, content: bytes, coin: str) -> tuple[str, bytes]:
    """The suffix of the format within, and its bytes."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if not suffixes or suffixes[-1] not in _OPENERS:
        return (suffixes or [""])[-1], content
    with _OPENERS[suffixes[-1]](content) as file:
        if suffixes[-1] == ".zip":
            _refuse_other_dump(path, str(file.name), coin)
        unpacked = bytearray()  # in pieces: asked for all at once, gzip allocates the whole limit
        while piece := file.read(_PIECE_BYTES):
            unpacked += piece
            refuse_bytes(path, len(unpacked))
    return next((suffix for suffix in suffixes[-2:-1] if suffix in _TEXT), ".csv"), bytes(unpacked)


def _refuse_other_dump(path: Path, name: str, coin: str) -> None:
    """Refuses an archive of a coin that holds the dump of another: it was renamed by mistake."""
    dump = _DUMP.fullmatch(name.rpartition("/")[2].upper())
    if dump is not None and not dump["pair"].startswith(coin):
        raise CandlesRejected(f"{path} holds {name}, which is not of {coin}; correct or remove it")


def _open_zip(content: bytes) -> BinaryIO:
    archive = zipfile.ZipFile(io.BytesIO(content))
    names = [name for name in archive.namelist() if name.lower().endswith(".csv") and not name.startswith("__MACOSX")]
    if len(names) != 1:
        raise ValueError(f"the archive holds {len(names)} CSV files, and one is expected")
    return cast("BinaryIO", archive.open(names[0]))


_OPENERS: Final[dict[str, Callable[[bytes], BinaryIO]]] = {
    ".gz": lambda content: cast("BinaryIO", gzip.GzipFile(fileobj=io.BytesIO(content))),
    ".bz2": lambda content: cast("BinaryIO", bz2.BZ2File(io.BytesIO(content))),
    ".xz": lambda content: cast("BinaryIO", lzma.LZMAFile(io.BytesIO(content))),  # noqa: SIM115 - the reader closes it
    ".zst": lambda content: cast("BinaryIO", pa.CompressedInputStream(pa.BufferReader(content), "zstd")),
    ".zip": _open_zip,
}


def _parse_csv(path: Path, content: bytes, coin: str) -> Table:
    refuse_rows(path, content.count(b"\n") + content.count(b"\r") - content.count(b"\r\n"))
    encoding = next((name for mark, name in _ENCODINGS if content.startswith(mark)), "utf-8-sig")
    text = content.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    numbers = np.array([number for number, line in enumerate(lines, start=1) if line.strip()], dtype=np.int64)
    if not len(numbers):
        raise CandlesRejected(f"{path}: none of its first 0 lines is a header: it is empty; correct or remove it")
    _refuse_long_lines(path, lines)
    names, separator, num_above = find_header(path, lines, coin)
    numbers = numbers[numbers > num_above]
    rows = [lines[number - 1] for number in numbers]
    is_open = not text.endswith("\n") and bool(rows) and not _is_proven_whole(rows, separator)
    num_fields = np.array([_num_fields(row, separator) for row in rows], dtype=np.int64)
    # The most that pandas may find, whatever the quotation marks: values beyond it are dropped in silence.
    width = max([len(names or ()), *(row.count(separator) + 1 for row in rows)])
    frame = pd.read_csv(
        io.StringIO("\n".join(rows) + "\n"), sep=separator, header=None, names=range(width), dtype=str,
        keep_default_na=False, index_col=False, na_filter=False,
    ) if rows else pd.DataFrame({k: pd.Series(dtype=str) for k in range(width)})  # fmt: skip
    if len(frame) != len(rows):
        raise ValueError(
            f"a quotation mark opens on one line and closes on another ({len(rows)} lines, {len(frame)} rows)"
        )
    _refuse_joined_lines(path, frame, numbers, num_columns=len(names) if names else int(num_fields[0]))
    num_closed = int(num_fields[-1]) - 1 if is_open else None
    return Table(
        path=path,
        names=names,
        frame=frame,
        numbers=numbers,
        row_word="line",
        num_closed=num_closed,
        num_fields=num_fields,
    )


def _num_fields(line: str, separator: str) -> int:
    """Fields of a line; a separator within quotation marks, such as a decimal comma, separates nothing."""
    return (_QUOTED.sub("", line) if '"' in line else line).count(separator) + 1


def _refuse_long_lines(path: Path, lines: list[str]) -> None:
    too_long = next((number for number, line in enumerate(lines, start=1) if len(line) > _MAX_LINE_LENGTH), None)
    if too_long is not None:
        raise CandlesRejected(f"{path}: line {too_long} has more than {_MAX_LINE_LENGTH:,} characters: no candle file")


def _refuse_joined_lines(path: Path, frame: pd.DataFrame, numbers: npt.NDArray[np.int64], *, num_columns: int) -> None:
    """Refuses values beyond the last column: two lines of which the end of the first is lost, or a header that lacks one."""
    beyond = (frame.iloc[:, num_columns:] != "").any(axis=1).to_numpy(bool)
    if beyond.any():
        line = numbers[int(beyond.argmax())]
        raise CandlesRejected(
            f"{path} cannot be read safely: line {line} has values beyond the {num_columns} columns ({int(beyond.sum())} such "
            "lines). Correct or remove the file"
        )


def _is_proven_whole(rows: list[str], separator: str) -> bool:
    """Whether a last line without a line end shows that nothing of it was cut: it ends as every other line does.

    Proof is a quotation mark or a separator at its end, or as many decimals as every line before has.
    """
    last = rows[-1].rstrip()
    if _num_fields(last, separator) != _num_fields(rows[0], separator):
        return False
    if last.endswith(('"', separator)):
        return all(row.rstrip().endswith(last[-1]) for row in rows)
    num_decimals = {len(row.rpartition(".")[2]) if "." in row.rpartition(separator)[2] else 0 for row in rows}
    return len(rows) > 2 and len(num_decimals) == 1 and num_decimals != {0}


def _parse_json(path: Path, content: bytes, coin: str) -> Table:
    refuse_rows(path, content.count(b"[") + content.count(b"{"))
    rows = json.loads(content, parse_int=_number_of_digits)
    if b"\\ud" in content or b"\\uD" in content:
        json.dumps(rows, ensure_ascii=False).encode()  # half a character cannot be shown, nor stored
    if not isinstance(rows, list) or not all(isinstance(row, list | dict) for row in rows):
        raise ValueError("it is no list of candles, each a list or an object")
    frame = pd.DataFrame(rows, columns=None if rows else range(NUM_VALUES))
    names = [str(name) for name in frame.columns] if rows and isinstance(rows[0], dict) else None
    if names is None and frame.shape[1] < NUM_VALUES:
        raise ValueError(f"a candle is a list of {NUM_VALUES} values, and its rows have {frame.shape[1]}")
    return _counted(path, names, frame)


def _number_of_digits(digits: str) -> int | float:
    """A whole number; one that no column of numbers can hold is infinite or inexact, and so no good value."""
    return int(digits) if len(digits) < 20 else float(digits)


def _parse_arrow(path: Path, content: bytes, coin: str) -> Table:
    if content.startswith(_ARROW):  # else the first version of Feather, which is not compressed
        refuse_arrow(path, pa.py_buffer(content))
    return _of_arrow(path, _validated(pa.feather.read_table(pa.BufferReader(content))))


def _parse_parquet(path: Path, content: bytes, coin: str) -> Table:
    file = pq.ParquetFile(pa.BufferReader(content), page_checksum_verification=True)
    refuse_parquet(path, file.metadata)
    texts = text_columns(file.schema_arrow)
    table = pq.read_table(pa.BufferReader(content), read_dictionary=texts, page_checksum_verification=True)
    refuse_out_of_bounds(path, file.metadata, _validated(table))
    return _of_arrow(path, decoded(path, table, texts))


def _validated(table: pa.Table) -> pa.Table:
    """The table, once its offsets are known to be within it: of a damaged file pyarrow else reads the process's memory."""
    table.validate(full=True)
    return table


def _of_arrow(path: Path, table: pa.Table) -> Table:
    refuse_out_of_calendar(path, table)
    frame = table.to_pandas()
    frame.columns = pd.Index([_flat(name) for name in frame.columns], dtype=object)
    if isinstance(frame.index, pd.DatetimeIndex) or frame.index.name is not None:
        index = frame.index
        frame = frame.reset_index(drop=True)
        name = index.name if index.name is not None else ""
        frame.insert(0, name, pd.Series(index, index=frame.index), allow_duplicates=True)
    return _counted(path, [str(name) for name in frame.columns], frame)


def _flat(name: object) -> str:
    """A column's name; of several levels, as yfinance writes them (`Open`, `BTC-USD`), the first."""
    return str(name[0] if isinstance(name, tuple) and name else name)


def _counted(path: Path, names: list[str] | None, frame: pd.DataFrame) -> Table:
    frame = frame.reset_index(drop=True).set_axis(range(frame.shape[1]), axis="columns")
    return Table(path=path, names=names, frame=frame, numbers=np.arange(1, len(frame) + 1))


_READERS: Final[dict[str, Callable[[Path, bytes, str], Table]]] = {
    ".csv": _parse_csv,
    ".tsv": _parse_csv,
    ".json": _parse_json,
    ".feather": _parse_arrow,
    ".ftr": _parse_arrow,
    ".arrow": _parse_arrow,
    ".parquet": _parse_parquet,
    ".pq": _parse_parquet,
}
