"""Prints a table whole: wide where it is piped, its columns folded below one another where the terminal is narrow.

`rich` would cut cells of the columns that may not wrap, and drop whole columns.
"""

from rich.console import Console
from rich.table import Column, Table


def print_table(console: Console, table: Table) -> None:
    """On a terminal too narrow for it, the columns come in blocks, each with the first column in front."""
    if not console.is_terminal:
        # What reads a pipe has no width. `print(width=...)` never takes more than the console's own.
        Console(file=console.file, width=max(console.width, _widest(console, table)), emoji=False).print(table)
        return
    blocks = _blocks(console, table)
    for part in [table] if len(blocks) == 1 else [_table_of(table, block) for block in blocks]:
        console.print(part)


def _widest(console: Console, table: Table) -> int:
    return sum(max(console.measure(text).maximum for text in _texts(column)) + _gap(table) for column in table.columns)


def _blocks(console: Console, table: Table) -> list[list[Column]]:
    """The columns of each block: as many as fit beside the first."""
    first, *others = table.columns
    room = console.width - _needed(console, first)
    blocks: list[list[Column]] = [[first]]
    used = 0
    for column in others:
        needed = _gap(table) + _needed(console, column)
        if used and used + needed > room:
            blocks.append([first])
            used = 0
        blocks[-1].append(column)
        used += needed
    return blocks


def _needed(console: Console, column: Column) -> int:
    """Columns of the terminal: a cell that may wrap needs room for its longest word."""
    measurements = [console.measure(text) for text in _texts(column)]
    return max(each.maximum if column.no_wrap else each.minimum for each in measurements)


def _gap(table: Table) -> int:
    """Spaces between two columns of a table without a box."""
    _top, right, _bottom, left = table.padding
    return left + right


def _texts(column: Column) -> list[str]:
    return [str(column.header), *map(str, column.cells)]


def _table_of(table: Table, columns: list[Column]) -> Table:
    part = Table(
        title=table.title if columns[1:2] == table.columns[1:2] else None,
        title_justify=table.title_justify,
        header_style=table.header_style,
        box=table.box,
        pad_edge=table.pad_edge,
        padding=table.padding,
    )
    for column in columns:
        part.add_column(column.header, justify=column.justify, no_wrap=column.no_wrap)
    for cells in zip(*(column.cells for column in columns), strict=True):
        part.add_row(*cells)
    return part
