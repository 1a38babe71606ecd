"""Candle files and stored candles for people and as JSON: layouts, spans, holes, rows left out, a picture of coverage."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

from rich.table import Table

from coin_models.cli.console import out, print_json
from coin_models.cli.wide_tables import print_table

if TYPE_CHECKING:
    from coin_models.market.files.check import CoinCheck, FileCheck, FolderCheck
    from coin_models.market.history import History
    from coin_models.market.holes import Hole
    from coin_models.market.inspection import StoredCandles

_MAX_HOLES: Final = 3  # of a file, in one line
_MAX_SHOWN: Final = 40  # holes of a coin; `--json` has all
_MAX_IGNORED: Final = 20  # files; `--json` has all


def print_folder(check: "FolderCheck") -> None:
    """A row for each file that is read, a line for each thing worth saying about it."""
    read = [file for file in check.files if file.state == "read"]
    ignored = [file for file in check.files if file.state == "ignored"]
    if read:
        print_table(out, _files_table(read))
    for file in check.files:
        for line in _file_lines(file):
            _say(f"{file.name}: {line}")
    for coin in check.coins:
        _say(coin.problem or _joined(coin))
    for file in ignored[:_MAX_IGNORED]:
        _say(f"ignored: {file.name}: {file.reason}")
    if len(ignored) > _MAX_IGNORED:
        _say(f"ignored: {len(ignored) - _MAX_IGNORED} more")
    if not read:
        _say(f"{check.folder} holds no candle file that can be read")


def _joined(coin: "CoinCheck") -> str:
    return (
        f"{coin.coin}: {coin.num_files} files joined, {coin.num_candles:,} candles, {coin.num_repeated} held twice, "
        f"{coin.num_replaced} still forming in one and whole in another"
    )


def folder_json(check: "FolderCheck") -> dict[str, Any]:
    """All of it, holes and rows left out included."""
    return {
        "folder": str(check.folder),
        "files": [_file_json(file) for file in check.files],
        "coins": [
            {
                "coin": coin.coin,
                "num_files": coin.num_files,
                "num_candles": coin.num_candles,
                "num_repeated": coin.num_repeated,
                "num_replaced": coin.num_replaced,
                "problem": coin.problem or None,
            }
            for coin in check.coins
        ],
    }


def print_coverage(stored: "StoredCandles", history: "History", holes: "Sequence[Hole]", *, as_json: bool) -> None:
    """One coin: a line of marks for each month, then its holes."""
    from coin_models.market.holes import LEGEND, coverage_lines

    if as_json:
        print_json(_coverage_json(stored, holes))
        return
    if stored.first_day is None or stored.last_day is None:
        adopt = stored.num_days_to_adopt
        _say(f"{stored.coin}: no candle is stored" + (f"; {adopt} day(s) of an earlier version" if adopt else ""))
        return
    _say(
        f"{stored.coin}: {stored.first_day} to {stored.last_day}, {stored.num_days} days of {history.timeframe.name} candles, "
        f"{len(stored.incomplete)} incomplete, {stored.num_missing_candles} candles missing"
    )
    first = history.index_of(stored.first_day) or 0
    last = history.index_of(stored.last_day) or first
    for line in coverage_lines(stored.first_day, history.num_candles[first : last + 1].tolist(), stored.num_expected):
        _say(line)
    _say(LEGEND)
    for hole in holes[-_MAX_SHOWN:]:
        _say(_hole(hole))
    if len(holes) > _MAX_SHOWN:
        _say(f"and {len(holes) - _MAX_SHOWN} earlier holes; --json shows all")


def _files_table(files: "Sequence[FileCheck]") -> Table:
    table = Table(header_style="bold", box=None, pad_edge=False)
    for name in ("file", "layout", "coin", "timeframe", "from", "to (UTC)", "candles", "holes", "missing", "left out"):
        is_number = name in ("candles", "holes", "missing", "left out")
        table.add_column(name, justify="right" if is_number else "left", overflow="fold")
    for file in files:
        span = [f"{time:%Y-%m-%d %H:%M}" if time else "none" for time in (file.first_open, file.last_close)]
        counts = (file.num_candles, len(file.holes), file.num_missing, file.num_rows - file.num_candles)
        name, layout = file.name.replace("[", r"\["), file.layout
        table.add_row(name, layout, file.coin, file.timeframe, *span, *map("{:,}".format, counts))
    return table


def _file_lines(file: "FileCheck") -> Iterator[str]:
    if file.state in ("refused", "empty"):
        yield f"{file.state}: {file.reason}"
        return
    if file.holes:
        longest = sorted(file.holes, key=lambda hole: -hole.num_candles)[:_MAX_HOLES]
        yield f"{len(file.holes)} holes, longest {'; '.join(map(_hole, longest))}"
    for part in file.left_out:
        yield f"left out: {part}"
    if file.note:
        yield file.note


def _hole(hole: "Hole") -> str:
    return f"{hole.start:%Y-%m-%d %H:%M} to {hole.end:%Y-%m-%d %H:%M} UTC, {hole.num_candles} candles"


def _file_json(file: "FileCheck") -> dict[str, Any]:
    return {
        "name": file.name,
        "state": file.state,
        "layout": file.layout or None,
        "coin": file.coin or None,
        "timeframe": file.timeframe or None,
        "reason": file.reason or None,
        "num_rows": file.num_rows,
        "num_candles": file.num_candles,
        "first_open": file.first_open,
        "last_close": file.last_close,
        "note": file.note or None,
        "num_missing": file.num_missing,
        "holes": _holes_json(file.holes),
        "left_out": [
            {"reason": part.reason.value, "num_rows": part.num_rows, "first": part.first} for part in file.left_out
        ],
    }


def _coverage_json(stored: "StoredCandles", holes: "Sequence[Hole]") -> dict[str, Any]:
    return {
        "coin": stored.coin,
        "first_day": stored.first_day,
        "last_day": stored.last_day,
        "num_days": stored.num_days,
        "num_missing_candles": stored.num_missing_candles,
        "incomplete": [{"day": day.day, "num_candles": day.num_candles} for day in stored.incomplete],
        "not_stored": [*stored.not_stored],
        "holes": _holes_json(holes),
    }


def _holes_json(holes: "Sequence[Hole]") -> list[dict[str, Any]]:
    return [{"start": hole.start, "end": hole.end, "num_candles": hole.num_candles} for hole in holes]


def _say(text: str) -> None:
    out.print(text, soft_wrap=True, markup=False)
